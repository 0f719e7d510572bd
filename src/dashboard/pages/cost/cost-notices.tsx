import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { CostReport } from '../../../contracts/cost.ts';
import { CallsLink } from '../../ui/calls-link.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { count } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Incomplete } from '../../ui/incomplete.tsx';
import { rowName, rowTerms, unpricedModels } from './cost-rows.ts';

const MAX_NAMED = 5;

interface CostNoticesProps {
  readonly models: CostReport;
  readonly agent: string | undefined;
}

/** What is in no sum, and what to do about it. */
export function CostNotices({ models, agent }: CostNoticesProps) {
  const { totals, complete } = models;
  return (
    <>
      {!complete && <Incomplete />}
      {totals.unpriced > 0 && <Unpriced models={models} agent={agent} />}
      {totals.usageMissing > 0 && (
        <Notice title={`${calls(totals.usageMissing)} did not say what they used: not in the sums`}>
          <p>
            Broken off, or the provider left it out. Budgets count what was held for them. Which
            they are:
          </p>
          <CommandText command="swarm logs --kind egress.call --output json | grep usageMissing" />
        </Notice>
      )}
    </>
  );
}

function Unpriced({ models, agent }: CostNoticesProps) {
  const rows = unpricedModels(models.rows);
  return (
    <Notice title={`${calls(models.totals.unpriced)} to models without a price: not in the sums`}>
      <ul className="flex flex-wrap gap-x-3">
        {rows.slice(0, MAX_NAMED).map((row) => {
          const terms = rowTerms(row, 'model', { ...models, agent });
          const name = (
            <>
              <HostileText text={rowName(row, 'model')} max={100} /> ({count(row.unpriced)})
            </>
          );
          return (
            <li key={`${row.provider} ${row.key}`} className="min-w-0">
              {terms === undefined ? name : <CallsLink terms={terms}>{name}</CallsLink>}
            </li>
          );
        })}
        {rows.length > MAX_NAMED && <li>and {rows.length - MAX_NAMED} more</li>}
      </ul>
      <p>
        Give them one in{' '}
        <Link to="/settings" search={{ tab: 'prices' }} className="text-accent underline">
          Settings
        </Link>{' '}
        or with:
      </p>
      <CommandText command="swarm prices import prices.json" />
    </Notice>
  );
}

function calls(number: number): string {
  return `${count(number)} ${number === 1 ? 'call' : 'calls'}`;
}

function Notice({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section
      aria-label={title}
      className="flex items-start gap-3 rounded-lg border border-warn/40 bg-warn-soft p-3"
    >
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <div className="mt-1 flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-xs">
          {children}
        </div>
      </div>
    </section>
  );
}
