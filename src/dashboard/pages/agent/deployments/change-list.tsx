import { Badge } from '../../../ui/badge.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import type { Change } from './diff-configs.ts';

const SHOWN = 2_000;

/** What a configuration was and is, a value a row. */
export function ChangeList({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return <p className="text-muted">The configuration is the same.</p>;
  return (
    <ul className="grid gap-2">
      {changes.map(({ path, before, after }) => (
        <li key={path} className="grid min-w-0 gap-0.5">
          <p className="flex min-w-0 items-center gap-2">
            <code className="min-w-0 break-all text-ink text-xs">
              <HostileText text={path} />
            </code>
            {before === undefined && <Badge tone="good">new</Badge>}
            {after === undefined && <Badge tone="bad">removed</Badge>}
          </p>
          {before !== undefined && <Value sign="−" tone="bg-bad-soft text-bad" text={before} />}
          {after !== undefined && <Value sign="+" tone="bg-good-soft text-good" text={after} />}
        </li>
      ))}
    </ul>
  );
}

interface ValueProps {
  readonly sign: string;
  readonly tone: string;
  readonly text: string;
}

function Value({ sign, tone, text }: ValueProps) {
  return (
    <div className={`flex min-w-0 gap-2 rounded px-2 py-0.5 ${tone}`}>
      <span className="select-none font-mono text-xs leading-5">
        <span className="sr-only">{sign === '+' ? 'now' : 'before'}</span>
        <span aria-hidden>{sign}</span>
      </span>
      <HostileText text={text} block max={SHOWN} className="min-w-0 break-all" />
    </div>
  );
}
