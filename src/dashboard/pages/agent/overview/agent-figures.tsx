import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AgentActivity } from '../../../../contracts/overview.ts';
import { useLive } from '../../../live/use-live.ts';
import { FAILED_CALLS } from '../../../ui/calls-link.tsx';
import { count, Money, milliseconds, percent } from '../../../ui/figures.tsx';
import { Sparkline } from '../../../ui/sparkline.tsx';

type Search = Readonly<Record<string, string>>;

interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly to: '/calls' | '/cost';
  readonly search: Search;
  readonly children?: ReactNode;
}

function Figure({ label, value, note, to, search, children }: FigureProps) {
  return (
    <Link
      to={to}
      search={search}
      className="grid min-w-0 content-start gap-1 bg-surface p-4 hover:bg-raised focus-visible:-outline-offset-2"
    >
      <span className="text-muted text-xs">{label}</span>
      <span className="truncate font-semibold text-lg tabular-nums">{value}</span>
      <span className="min-h-4 truncate text-muted text-xs">{note}</span>
      {children}
    </Link>
  );
}

/** What it did today, each figure a link to the calls behind it. */
export function AgentFigures({ agent }: { readonly agent: string }) {
  const { overview } = useLive();
  const found = overview?.agents.find((one) => one.agent === agent);
  const known = overview !== undefined;
  return (
    <section aria-label="Figures">
      <div className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line md:grid-cols-3 xl:grid-cols-6">
        <CallFigures agent={agent} known={known} found={found} />
        <RefusedAndCost agent={agent} known={known} found={found} />
      </div>
      {overview?.complete === false && (
        <p className="mt-1 text-muted text-xs">
          swarmd has started a short while ago: what happened before is still being added up.
        </p>
      )}
    </section>
  );
}

interface PartProps {
  readonly agent: string;
  /** The figures have come. */
  readonly known: boolean;
  /** undefined: no calls today. */
  readonly found: AgentActivity | undefined;
}

function CallFigures({ agent, known, found }: PartProps) {
  const none = known ? '–' : '…';
  const zero = known ? '0' : '…';
  const calls: Search = { agent, kind: 'gateway.call' };
  const series = found?.series;
  return (
    <>
      <Figure
        label="Calls today"
        value={found === undefined ? zero : count(found.callsToday)}
        note={`since 00:00 UTC`}
        to="/calls"
        search={{ ...calls, since: todayUtc() }}
      />
      <Figure
        label="Calls per minute"
        value={found === undefined ? zero : `${count(found.callsPerMinute)} / min`}
        note="in the last 60 s"
        to="/calls"
        search={{ ...calls, since: '1m' }}
      >
        <Series values={series?.calls} label="Calls by minute, in the last hour" />
      </Figure>
      <Figure
        label="Errors"
        value={found === undefined || found.errorRate === null ? none : percent(found.errorRate)}
        note={`${found === undefined ? zero : count(found.errorsToday)} today`}
        to="/calls"
        search={{ agent, ...FAILED_CALLS, since: '1h' }}
      >
        <Series values={[]} bad={series?.errors} label="Errors by minute, in the last hour" />
      </Figure>
      <Figure
        label="Latency, p50 / p95"
        value={
          found === undefined || found.p50Ms === null || found.p95Ms === null
            ? none
            : `${milliseconds(found.p50Ms)} / ${milliseconds(found.p95Ms)}`
        }
        note="in the last hour"
        to="/calls"
        search={{ ...calls, since: '1h' }}
      >
        <Series values={series?.p95Ms} label="p95 latency by minute, in the last hour" />
      </Figure>
    </>
  );
}

function RefusedAndCost({ agent, known, found }: PartProps) {
  const zero = known ? '0' : '…';
  return (
    <>
      <Figure
        label="Refused today"
        value={found === undefined ? zero : count(found.refusedToday)}
        note="calls in and out"
        to="/calls"
        search={{ agent, status: 'refused', since: todayUtc() }}
      >
        <Series values={found?.series.refused} label="Refused by minute, in the last hour" />
      </Figure>
      <Figure
        label="Cost today"
        value={
          found === undefined ? (
            known ? (
              <Money amount="0" />
            ) : (
              '…'
            )
          ) : (
            <Money amount={found.costToday} />
          )
        }
        note={
          <>
            <Money amount={found?.costThisMonth ?? '0'} /> this month
          </>
        }
        to="/cost"
        search={{ agent }}
      />
    </>
  );
}

interface SeriesProps {
  readonly values: readonly number[] | undefined;
  readonly bad?: readonly number[] | undefined;
  readonly label: string;
}

function Series({ values = [], bad, label }: SeriesProps) {
  return (
    <Sparkline
      values={values}
      label={label}
      className="h-7 w-full"
      {...(bad !== undefined && { bad })}
    />
  );
}

function todayUtc(): string {
  return `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
}
