import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { EventTermsQuery } from '../../../contracts/event-query.ts';
import type { Activity, Overview } from '../../../contracts/overview.ts';
import { budgetsQuery } from '../../api/budgets.ts';
import { CALLS, CallsLink, FAILED_CALLS, REFUSALS, todayUtc } from '../../ui/calls-link.tsx';
import { count, milliseconds, percent } from '../../ui/figures.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { CostTile } from './cost-tile.tsx';
import { StatTile } from './stat-tile.tsx';
import { countUsedUp, tightestBudget } from './tightest-budget.ts';

const NO_SERIES: Activity['series'] = { calls: [], errors: [], refused: [], p95Ms: [] };

/** How all agents together are doing. Each figure leads to the calls behind it. */
export function StatTiles({ overview }: { readonly overview: Overview | undefined }) {
  const { data: budgets = [] } = useQuery(budgetsQuery());
  const totals = overview?.totals;
  const series = totals?.series ?? NO_SERIES;
  const today = todayUtc(overview === undefined ? Date.now() : Date.parse(overview.asOf));
  const hour = { ...CALLS, since: '1h' };
  return (
    <ul
      aria-label="All agents together"
      className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6"
    >
      <StatTile
        label="Calls a minute"
        value={
          <Figure
            terms={{ ...CALLS, since: '1m' }}
            value={totals && count(totals.callsPerMinute)}
          />
        }
        note={
          <Figure
            terms={{ ...CALLS, since: today }}
            value={totals && `${count(totals.callsToday)} today (UTC)`}
          />
        }
      >
        <Spark label="Calls a minute in the last hour" values={series.calls} bad={series.errors} />
      </StatTile>
      <StatTile
        label="Error rate"
        tone={(totals?.errorRate ?? 0) >= 0.05 ? 'bad' : undefined}
        value={
          <Figure
            terms={{ ...FAILED_CALLS, since: '1h' }}
            value={totals && rate(totals.errorRate)}
          />
        }
        note={
          <Figure
            terms={{ ...FAILED_CALLS, since: today }}
            value={
              totals &&
              `${count(totals.errorsToday)} ${totals.errorsToday === 1 ? 'error' : 'errors'} today`
            }
          />
        }
      >
        <Spark label="Errors a minute in the last hour" values={[]} bad={series.errors} />
      </StatTile>
      <StatTile
        label="Latency p95"
        value={<Figure terms={hour} value={totals && latency(totals.p95Ms)} />}
        note={
          <Figure
            terms={hour}
            value={
              totals &&
              (totals.p50Ms === null
                ? 'no calls in the last hour'
                : `p50 ${latency(totals.p50Ms)}, last hour`)
            }
          />
        }
      >
        <Spark label="p95 latency by minute in the last hour" values={series.p95Ms} />
      </StatTile>
      <StatTile
        label="Calls refused today"
        value={
          <Figure
            terms={{ ...REFUSALS, since: today }}
            value={totals && count(totals.refusedToday)}
          />
        }
        note={
          <Figure
            terms={{ ...REFUSALS, since: '1h' }}
            value={totals && `${count(sum(series.refused))} in the last hour`}
          />
        }
      >
        <Spark label="Refused calls a minute in the last hour" values={series.refused} />
      </StatTile>
      <CostTile
        label="Cost today"
        amount={totals?.costToday}
        since={today}
        budget={tightestBudget(budgets, 'day')}
        usedUp={countUsedUp(budgets, 'day')}
      />
      <CostTile
        label="Cost this month"
        amount={totals?.costThisMonth}
        since={`${today.slice(0, 8)}01`}
        budget={tightestBudget(budgets, 'month')}
        usedUp={countUsedUp(budgets, 'month')}
      />
    </ul>
  );
}

function Figure({ terms, value }: { readonly terms: EventTermsQuery; readonly value: ReactNode }) {
  return value === undefined ? '–' : <CallsLink terms={terms}>{value}</CallsLink>;
}

function Spark(props: {
  readonly label: string;
  readonly values: readonly number[];
  readonly bad?: readonly number[];
}) {
  return <Sparkline {...props} className="w-full" />;
}

export function rate(errorRate: number | null): string {
  return errorRate === null ? '–' : percent(errorRate);
}
export function latency(ms: number | null): string {
  return ms === null ? '–' : milliseconds(ms);
}
function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
