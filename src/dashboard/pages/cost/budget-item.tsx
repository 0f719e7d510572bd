import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { costsQuery } from '../../api/costs.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { shareOf } from '../../ui/decimal.ts';
import { count, Money } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';
import { useNowSeconds } from '../../ui/time.tsx';
import { budgetShare, budgetTone, percentUsed } from '../overview/tightest-budget.ts';
import { budgetForecast, periodStartMs } from './budget-forecast.ts';
import { ForecastText } from './forecast-text.tsx';
import { NEEDS_ADMIN } from './needs-admin.ts';
import { recentSpending } from './recent-spending.ts';

interface BudgetItemProps {
  readonly budget: BudgetResource;
  readonly mayChange: boolean;
  readonly onChange: () => void;
  readonly onDelete: () => void;
}

const PER = { run: 'a run', day: 'a day', month: 'a month' } as const;

export function BudgetItem({ budget, mayChange, onChange, onDelete }: BudgetItemProps) {
  const { name, agent, period, allowUnpriced } = budget;
  const why = mayChange ? undefined : NEEDS_ADMIN;
  return (
    <li className="grid gap-x-6 gap-y-1.5 px-4 py-3 lg:grid-cols-[minmax(0,18rem)_minmax(0,1fr)_auto] lg:items-center">
      <div className="min-w-0">
        <p className="truncate font-medium">
          <HostileText text={name} />
        </p>
        <p className="truncate text-muted text-xs">
          <Amount budget={budget} of={limitText(budget)} /> {PER[period]} ·{' '}
          {agent === null ? (
            'all agents together'
          ) : (
            <Link to="/agents/$name" params={{ name: agent }} className="hover:underline">
              <HostileText text={agent} />
            </Link>
          )}
          {allowUnpriced && ' · lets unpriced models pass'}
        </p>
      </div>
      <Use budget={budget} />
      <div className="flex gap-1 lg:justify-end">
        <Button
          size="small"
          kind="quiet"
          disabled={!mayChange}
          title={why}
          aria-label={`Change the budget ${name}`}
          onClick={onChange}
        >
          <Pencil aria-hidden /> Change
        </Button>
        <Button
          size="small"
          kind="quiet"
          disabled={!mayChange}
          title={why}
          aria-label={`Delete the budget ${name}`}
          onClick={onDelete}
        >
          <Trash2 aria-hidden /> Delete
        </Button>
      </div>
    </li>
  );
}

function Use({ budget }: { readonly budget: BudgetResource }) {
  const { now, agent } = budget;
  if (now === null)
    return (
      <p className="text-muted text-xs">Each run has its own: what does not fit is refused.</p>
    );
  const share = budgetShare(budget);
  const held = shareOf(now.reserved, limitText(budget));
  const tone = budgetTone(share);
  return (
    <div className="grid min-w-0 gap-1">
      <div className="flex items-center gap-3">
        <ShareBar
          share={share - held}
          held={held}
          tone={tone}
          label={`${percentUsed(share)} of the budget is used`}
        />
        <Badge tone={tone === 'accent' ? 'neutral' : tone} className="shrink-0 tabular-nums">
          {percentUsed(share)}
        </Badge>
      </div>
      <p className="text-muted text-xs">
        <Link
          to="/cost"
          search={{ since: firstDay(now.period), by: 'run', ...(agent !== null && { agent }) }}
          className="hover:underline"
        >
          <Amount budget={budget} of={now.spent} /> spent
        </Link>
        {held > 0 && (
          <>
            {' · '}
            <Amount budget={budget} of={now.reserved} /> held for calls under way
          </>
        )}
        {' · '}
        <Amount budget={budget} of={now.left} /> left
      </p>
      <Forecast budget={budget} />
    </div>
  );
}

const MINUTE_SECONDS = 60;

function Forecast({ budget }: { readonly budget: BudgetResource }) {
  const nowMs = Math.floor(useNowSeconds() / MINUTE_SECONDS) * MINUTE_SECONDS * 1000;
  const agent = budget.agent ?? undefined;
  // Of a day there is nothing that is more recent than the day.
  const { data: report } = useQuery({
    ...costsQuery({ by: 'model', since: '1d', agent }),
    enabled: budget.period === 'month',
  });
  const recent = report && recentSpending(budget, { report, nowMs });
  const forecast = budgetForecast(budget, { nowMs, recent });
  return forecast === null ? null : <ForecastText forecast={forecast} />;
}

function limitText({ limit }: BudgetResource): string {
  return limit.money ?? String(limit.tokens ?? 0);
}

function firstDay(period: string): string {
  return new Date(periodStartMs(period)).toISOString().slice(0, 10);
}

function Amount({ budget, of }: { readonly budget: BudgetResource; readonly of: string }) {
  if (budget.limit.money !== undefined) return <Money amount={of} />;
  return <span title={`${of} tokens`}>{count(Number(of))} tokens</span>;
}
