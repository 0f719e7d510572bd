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

const KIND = 'egress.call,egress.connection,egress.calls_refused';
const TERMS = { kind: KIND, status: 'refused', limit: 20 };

/** What the agent tried to reach and may not, newest first. */
export function RefusedCard({ agent }: { readonly agent: string }) {
  const queries = useQueryClient();
  const query = agentEventsQuery(agent, TERMS);
  const { data, error, refetch } = useQuery(query);
  useEvents((told) => {
    if (
      told === 'reset' ||
      (told.agent === agent && told.status === 'refused' && KIND.split(',').includes(told.kind))
    )
      void queries.invalidateQueries({ queryKey: query.queryKey });
  });
  return (
    <Card
      title="Newest refused calls"
      flush
      actions={
        <Link
          to="/calls"
          search={{ agent, kind: KIND, status: 'refused' }}
          className="text-accent hover:underline"
        >
          all
        </Link>
      }
    >
      {data === undefined && error === null && <Loading rows={3} />}
      {error !== null && data === undefined && (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      )}
      {data?.items.length === 0 && (
        <p className="px-4 py-6 text-center text-muted">None of its calls out was refused.</p>
      )}
      {data !== undefined && data.items.length > 0 && (
        <ScrollRegion label="Refused calls" className="max-h-72">
          <ul className="divide-y divide-line">
            {data.items.map((event) => (
              <RefusedRow key={event.id} event={event} />
            ))}
          </ul>
        </ScrollRegion>
      )}
    </Card>
  );
}

function RefusedRow({ event }: { readonly event: EventResource }) {
  const { attributes = {}, error } = event;
  const part = (name: string) => {
    const value = attributes[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const target = [part('method'), `${part('host')}${part('path')}`].join(' ').trim();
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 px-4 py-2">
      <p className="truncate font-mono text-xs">
        {event.run === undefined ? (
          <HostileText text={target} />
        ) : (
          <Link to="/runs/$id" params={{ id: event.run }} className="text-accent hover:underline">
            <HostileText text={target === '' ? event.kind : target} />
          </Link>
        )}
      </p>
      <Time at={event.time} relative className="whitespace-nowrap text-muted text-xs" />
      {error !== undefined && (
        <p className="col-span-2 text-muted text-xs">
          <HostileText text={error.message} />
        </p>
      )}
    </li>
  );
}
