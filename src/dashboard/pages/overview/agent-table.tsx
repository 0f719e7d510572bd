import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Badge } from '../../ui/badge.tsx';
import { CALLS, CallsLink, FAILED_CALLS, todayUtc } from '../../ui/calls-link.tsx';
import { classes } from '../../ui/classes.ts';
import { count, Money } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import { failuresInRow } from '../agent/agent-order.ts';
import { StateBadge } from '../agent/agent-state.tsx';
import type { AgentRow } from './agent-rows.ts';
import { latency, rate } from './stat-tiles.tsx';

export interface AgentRowsProps {
  readonly rows: readonly AgentRow[];
  readonly paused: ReadonlySet<string>;
  readonly asOf: string | undefined;
}

const HEADINGS = [
  ...['Replicas', 'Calls today', 'Per minute', 'Error rate', 'p50', 'p95', 'Cost today'],
];

export function AgentTable({ rows, paused, asOf }: AgentRowsProps) {
  const today = todayUtc(asOf === undefined ? Date.now() : Date.parse(asOf));
  return (
    <table className="w-full max-xl:[&_tr>:nth-last-child(2)]:pr-4">
      <thead className="text-muted text-xs">
        <tr className="h-9 border-line border-b">
          <th scope="col" className="px-4 text-left font-normal">
            Agent
          </th>
          <th scope="col" className="px-2 text-left font-normal">
            State
          </th>
          {HEADINGS.map((heading) => (
            <th key={heading} scope="col" className="px-2 text-right font-normal">
              {heading}
            </th>
          ))}
          <th scope="col" className="hidden w-36 px-4 text-right font-normal xl:table-cell">
            Last hour
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.agent.id} row={row} paused={paused.has(row.agent.name)} today={today} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: { readonly row: AgentRow; readonly paused: boolean; readonly today: string }) {
  const { agent, activity } = props.row;
  const { name, replicas } = agent;
  const hour = { ...CALLS, agent: name, since: '1h' };
  return (
    <tr className="h-10 border-line/60 border-b last:border-b-0">
      <th scope="row" className="max-w-0 w-full truncate px-4 text-left font-medium">
        <Link to="/agents/$name" params={{ name }} className="rounded-sm hover:underline">
          <HostileText text={name} />
        </Link>
      </th>
      <td className="whitespace-nowrap px-2">
        <AgentStates agent={agent} paused={props.paused} />
      </td>
      <Figure tone={replicas.healthy < replicas.desired ? 'warn' : undefined}>
        <Replicas {...replicas} />
      </Figure>
      {activity === undefined ? (
        <td colSpan={6} className="px-2 text-right text-muted">
          no calls today
        </td>
      ) : (
        <>
          <Figure>
            <CallsLink terms={{ ...CALLS, agent: name, since: props.today }}>
              {count(activity.callsToday)}
            </CallsLink>
          </Figure>
          <Figure>
            <CallsLink terms={{ ...CALLS, agent: name, since: '1m' }}>
              {count(activity.callsPerMinute)}
            </CallsLink>
          </Figure>
          <Figure tone={(activity.errorRate ?? 0) >= 0.05 ? 'bad' : undefined}>
            <CallsLink terms={{ ...FAILED_CALLS, agent: name, since: '1h' }}>
              {rate(activity.errorRate)}
            </CallsLink>
          </Figure>
          <Figure>
            <CallsLink terms={hour}>{latency(activity.p50Ms)}</CallsLink>
          </Figure>
          <Figure>
            <CallsLink terms={hour}>{latency(activity.p95Ms)}</CallsLink>
          </Figure>
          <Figure>
            <Link
              to="/cost"
              search={{ agent: name, since: props.today, by: 'model' }}
              className="rounded-sm hover:underline"
            >
              <Money amount={activity.costToday} />
            </Link>
          </Figure>
        </>
      )}
      <td className="hidden px-4 xl:table-cell">
        <Sparkline
          values={activity?.series.calls ?? []}
          bad={activity?.series.errors ?? []}
          label={`Calls a minute of ${name} in the last hour`}
          className="ml-auto h-6 w-28"
        />
      </td>
    </tr>
  );
}

function Figure({
  tone,
  children,
}: {
  readonly tone?: 'warn' | 'bad' | undefined;
  readonly children: ReactNode;
}) {
  return (
    <td
      className={classes(
        'whitespace-nowrap px-2 text-right tabular-nums',
        tone === 'warn' && 'text-warn',
        tone === 'bad' && 'text-bad',
      )}
    >
      {children}
    </td>
  );
}

/** Beside the state: paused, as its machines go on running, and that it fails between two starts. */
export function AgentStates({
  agent: { state, replicas },
  paused,
}: {
  readonly agent: AgentRow['agent'];
  readonly paused: boolean;
}) {
  const failures = failuresInRow(replicas);
  return (
    <span className="inline-flex items-center gap-1 align-middle">
      <StateBadge state={state} />
      {failures > 0 && state !== 'failed' && (
        <Badge tone="warn" title="In a row, of one replica">
          {failures} {failures === 1 ? 'failure' : 'failures'}
        </Badge>
      )}
      {paused && <Badge tone="bad">paused</Badge>}
    </span>
  );
}

export function Replicas({ healthy, desired }: AgentRow['agent']['replicas']) {
  return (
    <span title={`${healthy} healthy of ${desired} wanted`}>
      {healthy}/{desired}
      <span className="sr-only"> healthy of those wanted</span>
    </span>
  );
}
