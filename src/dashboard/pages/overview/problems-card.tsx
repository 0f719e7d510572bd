import { useState } from 'react';
import type { Overview } from '../../../contracts/overview.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CallsLink, REFUSALS } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { EventLink } from '../../ui/event-link.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { type Problem, type ProblemFilter, problems } from './problem-list.ts';

const FILTERS: readonly { readonly id: ProblemFilter; readonly label: string }[] = [
  { id: 'all', label: 'All' },
  { id: 'failed', label: 'Failed' },
  { id: 'refused', label: 'Refused' },
];

/** The newest of what went wrong, with why; each one click away from its run. */
export function ProblemsCard({ overview }: { readonly overview: Overview | undefined }) {
  const [filter, setFilter] = useState<ProblemFilter>('all');
  return (
    <Card
      title="Failed and refused"
      flush
      className="flex flex-col"
      actions={FILTERS.map(({ id, label }) => (
        <Button
          key={id}
          size="small"
          kind={filter === id ? 'plain' : 'quiet'}
          aria-pressed={filter === id}
          onClick={() => setFilter(id)}
        >
          {label}
        </Button>
      ))}
    >
      <div className="h-[18.75rem] overflow-y-auto">
        {overview === undefined ? (
          <Loading rows={5} label="Loading failures" />
        ) : (
          <ProblemList shown={problems(overview, filter)} filter={filter} />
        )}
      </div>
    </Card>
  );
}

const EMPTY: Readonly<Record<ProblemFilter, string>> = {
  all: 'Nothing failed, nothing was refused',
  failed: 'Nothing failed',
  refused: 'Nothing was refused',
};
const BEHIND = {
  all: { kind: 'all', status: 'error,refused,unknown' },
  failed: { kind: 'all', status: 'error,unknown' },
  refused: REFUSALS,
} as const;

function ProblemList({
  shown,
  filter,
}: {
  readonly shown: readonly Problem[];
  readonly filter: ProblemFilter;
}) {
  if (shown.length === 0) return <Empty title={EMPTY[filter]} />;
  return (
    <ul className="divide-y divide-line/60">
      {shown.map((problem) => (
        <li key={problem.event.id} className="relative px-4 py-2 hover:bg-raised">
          <Row problem={problem} />
        </li>
      ))}
      <li className="px-4 py-2.5">
        <CallsLink terms={BEHIND[filter]} className="text-accent">
          All of them, also earlier ones
        </CallsLink>
      </li>
    </ul>
  );
}

function Row({ problem: { event, what, code, reason, rule } }: { readonly problem: Problem }) {
  return (
    <>
      <div className="flex min-w-0 items-center gap-2">
        <Badge tone={event.status === 'refused' ? 'warn' : 'bad'} className="shrink-0">
          {event.status === 'refused'
            ? 'refused'
            : event.status === 'unknown'
              ? 'unknown'
              : 'failed'}
        </Badge>
        <EventLink
          event={event}
          className="min-w-0 truncate rounded-sm font-medium after:absolute after:inset-0"
        >
          <HostileText text={what} max={120} />
        </EventLink>
        <Time at={event.time} relative className="ml-auto shrink-0 text-muted text-xs" />
      </div>
      <p className="mt-0.5 truncate text-muted text-xs">
        {event.agent !== undefined && (
          <>
            <HostileText text={event.agent} max={80} />
            {' · '}
          </>
        )}
        <code>
          <HostileText text={code} max={80} />
        </code>
        {rule !== undefined && (
          <>
            {' · rule '}
            <HostileText text={rule} max={100} />
          </>
        )}
        {reason !== undefined && (
          <>
            {' · '}
            <HostileText text={reason} max={200} />
          </>
        )}
      </p>
    </>
  );
}
