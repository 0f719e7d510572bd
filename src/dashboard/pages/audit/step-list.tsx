import { CircleCheck, CircleDashed, CircleX, Info, TriangleAlert } from 'lucide-react';
import type { Step, Verdict } from '../../audit-proof/steps.ts';
import { classes } from '../../ui/classes.ts';
import { HostileText } from '../../ui/hostile-text.tsx';
import { verdictText } from './verdict-text.ts';

const LOOK = {
  ok: { icon: CircleCheck, className: 'text-good', word: 'Fits' },
  note: { icon: Info, className: 'text-info', word: 'Fits, with a note' },
  skipped: { icon: CircleDashed, className: 'text-muted', word: 'Nothing to check' },
  unchecked: { icon: TriangleAlert, className: 'text-warn', word: 'Could not be checked' },
  failed: { icon: CircleX, className: 'text-bad', word: 'Does not fit' },
} as const;

/** What was checked, one below the other as it is checked. */
export function StepList({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol
      className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-3 xl:grid-cols-[repeat(2,minmax(0,1fr))]"
      aria-label="What was checked"
    >
      {steps.map(({ title, state, value, why }) => {
        const { icon: Icon, className, word } = LOOK[state];
        return (
          <li key={title} className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2.5">
            <Icon className={classes('mt-0.5 size-5', className)} aria-label={word} role="img" />
            <div className="min-w-0">
              <p className="font-medium">{title}</p>
              <p className={classes('text-sm', state === 'failed' ? 'text-bad' : 'text-muted')}>
                <HostileText text={why} max={600} />
              </p>
              {value !== undefined && (
                <p className="mt-0.5 break-all font-mono text-muted text-xs">
                  <HostileText text={value} max={300} />
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const TONE: Readonly<Record<Verdict, string>> = {
  proven: 'border-good/50 bg-good-soft text-good',
  unproven: 'border-warn/50 bg-warn-soft text-warn',
  wrong: 'border-bad/50 bg-bad-soft text-bad',
};

interface VerdictLineProps {
  readonly verdict: Verdict;
  readonly of: 'event' | 'log';
  readonly steps: readonly Step[];
}

export function VerdictLine({ verdict, of, steps }: VerdictLineProps) {
  return (
    <p className={classes('rounded-md border px-3 py-2 font-medium', TONE[verdict])}>
      {verdictText({ verdict, of, steps })}
    </p>
  );
}
