import { useQuery } from '@tanstack/react-query';
import type { EventResource } from '../../../contracts/event.ts';
import { ADMIN_KINDS, adminEventsQuery } from '../../api/audit.ts';
import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { EventLink } from '../../ui/event-link.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { type Column, VirtualTable } from '../../ui/virtual-table.tsx';
import { ShortTime } from '../calls/short-time.tsx';
import { adminEventText } from './admin-event-text.ts';

const COLUMNS: readonly Column<EventResource>[] = [
  {
    id: 'time',
    title: 'Time',
    width: 'minmax(7rem,10.5rem)',
    cell: ({ time }) => <ShortTime at={time} />,
  },
  {
    id: 'kind',
    title: 'What',
    width: 'minmax(8rem,14rem)',
    cell: (event) => (
      <EventLink event={event} className="font-mono text-xs hover:underline">
        <HostileText text={event.kind} max={60} />
      </EventLink>
    ),
  },
  {
    id: 'about',
    title: 'About',
    width: 'minmax(0,1fr)',
    wideOnly: true,
    cell: (event) => <HostileText text={adminEventText(event)} max={160} />,
  },
  {
    id: 'actor',
    title: 'Who',
    width: 'minmax(0,10rem)',
    cell: ({ actor }) => <HostileText text={actor.name} max={60} />,
  },
  {
    id: 'status',
    title: 'Status',
    width: '5.5rem',
    wideOnly: true,
    cell: ({ status }) => <StatusBadge status={status} />,
  },
];

/** Who did what to the log, tokens, sessions and secrets. */
export function AdminEventsCard() {
  const { data, error, refetch } = useQuery(adminEventsQuery());
  const all = (
    <CallsLink terms={{ kind: ADMIN_KINDS }} className="text-accent">
      All of them
    </CallsLink>
  );
  return (
    <Card title="Administration" actions={all} flush>
      {error !== null && data === undefined ? (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      ) : data === undefined ? (
        <Loading rows={5} />
      ) : data.items.length === 0 ? (
        <Empty title="Nothing was administered yet" command="swarm logs --kind 'audit.*,token.*'">
          What is done to the log, to tokens, sessions and secrets stands here.
        </Empty>
      ) : (
        <VirtualTable
          label="Newest administrative events"
          columns={COLUMNS}
          rows={data.items}
          rowKey={({ seq }) => String(seq)}
          className="h-96"
        />
      )}
    </Card>
  );
}
