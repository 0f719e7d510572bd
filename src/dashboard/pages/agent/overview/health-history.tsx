import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { EventResource } from '../../../../contracts/event.ts';
import { agentEventsQuery } from '../../../api/agents.ts';
import { useEvents } from '../../../live/use-live.ts';
import { Card } from '../../../ui/card.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { ScrollRegion } from '../../../ui/scroll-region.tsx';
import { Failure, Loading } from '../../../ui/states.tsx';
import { Time } from '../../../ui/time.tsx';
import { describeHealth, HEALTH_KINDS, isHealthKind } from './describe-health.ts';

const TERMS = { kind: HEALTH_KINDS, limit: 50 };

/** What became of its machines, newest first, from the audit log. */
export function HealthHistory({ agent }: { readonly agent: string }) {
  const queries = useQueryClient();
  const query = agentEventsQuery(agent, TERMS);
  const { data, error, refetch } = useQuery(query);
  useEvents((told) => {
    if (told === 'reset' || (told.agent === agent && isHealthKind(told.kind)))
      void queries.invalidateQueries({ queryKey: query.queryKey });
  });
  return (
    <Card
      title="Health history"
      flush
      actions={
        <Link
          to="/calls"
          search={{ agent, kind: HEALTH_KINDS }}
          className="text-accent hover:underline"
        >
          all
        </Link>
      }
    >
      {data === undefined && error === null && <Loading rows={6} />}
      {error !== null && data === undefined && (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      )}
      {data?.items.length === 0 && (
        <p className="px-4 py-6 text-center text-muted">Nothing has happened yet.</p>
      )}
      {data !== undefined && data.items.length > 0 && (
        <ScrollRegion label="What became of its machines" className="max-h-96">
          <ol className="py-2">
            {data.items.map((event) => (
              <HealthRow key={event.id} event={event} />
            ))}
          </ol>
        </ScrollRegion>
      )}
    </Card>
  );
}

const DOTS = { good: 'bg-good', bad: 'bg-bad', warn: 'bg-warn', neutral: 'bg-muted' } as const;

function HealthRow({ event }: { readonly event: EventResource }) {
  const { tone, title, detail } = describeHealth(event);
  return (
    <li className="grid grid-cols-[0.5rem_minmax(0,1fr)_auto] items-start gap-x-3 px-4 py-1.5">
      <span className={`mt-1.5 size-2 rounded-full ${DOTS[tone]}`} aria-hidden />
      <span className="min-w-0">
        {title}
        {detail !== undefined && (
          <span className="block text-muted text-xs">
            <HostileText text={detail} />
          </span>
        )}
      </span>
      <Time at={event.time} relative className="whitespace-nowrap text-muted text-xs" />
    </li>
  );
}
