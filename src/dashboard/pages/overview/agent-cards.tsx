import { Link } from '@tanstack/react-router';
import { CALLS, CallsLink, FAILED_CALLS, todayUtc } from '../../ui/calls-link.tsx';
import { count, Money } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Sparkline } from '../../ui/sparkline.tsx';
import type { AgentRow } from './agent-rows.ts';
import { type AgentRowsProps, AgentStates, Replicas } from './agent-table.tsx';
import { latency, rate } from './stat-tiles.tsx';

/** The same as the table, where there is no room for one. */
export function AgentCards({ rows, paused, asOf }: AgentRowsProps) {
  const today = todayUtc(asOf === undefined ? Date.now() : Date.parse(asOf));
  return (
    <ul className="divide-y divide-line/60">
      {rows.map(({ agent, activity }) => (
        <li key={agent.id} className="grid gap-1.5 px-4 py-3">
          <div className="flex min-w-0 items-center justify-between gap-2">
            <Link
              to="/agents/$name"
              params={{ name: agent.name }}
              className="min-w-0 truncate rounded-sm font-medium hover:underline"
            >
              <HostileText text={agent.name} />
            </Link>
            <AgentStates agent={agent} paused={paused.has(agent.name)} />
          </div>
          <div className="flex items-end justify-between gap-3">
            <Figures agent={agent} activity={activity} today={today} />
            <Sparkline
              values={activity?.series.calls ?? []}
              bad={activity?.series.errors ?? []}
              label={`Calls a minute of ${agent.name} in the last hour`}
              className="h-7 w-20 shrink-0"
            />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Figures({ agent, activity, today }: AgentRow & { readonly today: string }) {
  const { name, replicas } = agent;
  return (
    <p className="min-w-0 text-muted text-xs leading-5">
      <Replicas {...replicas} /> healthy
      {activity === undefined ? (
        ' · no calls today'
      ) : (
        <>
          {' · '}
          <CallsLink terms={{ ...CALLS, agent: name, since: today }}>
            {count(activity.callsToday)} calls today
          </CallsLink>
          {' · '}
          <CallsLink terms={{ ...CALLS, agent: name, since: '1m' }}>
            {count(activity.callsPerMinute)}/min
          </CallsLink>
          <br />
          <CallsLink terms={{ ...FAILED_CALLS, agent: name, since: '1h' }}>
            {rate(activity.errorRate)} errors
          </CallsLink>
          {' · '}
          <CallsLink terms={{ ...CALLS, agent: name, since: '1h' }}>
            p50 {latency(activity.p50Ms)}, p95 {latency(activity.p95Ms)}
          </CallsLink>
          {' · '}
          <Link
            to="/cost"
            search={{ agent: name, since: today, by: 'model' }}
            className="rounded-sm hover:underline"
          >
            <Money amount={activity.costToday} /> today
          </Link>
        </>
      )}
    </p>
  );
}
