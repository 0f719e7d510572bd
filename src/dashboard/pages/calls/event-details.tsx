import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ListTree, ShieldCheck } from 'lucide-react';
import type { EventResource, PayloadPolicyName } from '../../../contracts/event.ts';
import { eventQuery } from '../../api/events.ts';
import { useEvents } from '../../live/use-live.ts';
import { useRetryWhenLive } from '../../live/use-retry-when-live.ts';
import { Button } from '../../ui/button.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { PayloadView } from '../../ui/payload-view.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { nameOf, whatText } from './call-row.ts';
import { AttributesSection, EventFacts } from './event-facts.tsx';
import { shellWord } from './shell-word.ts';

interface EventDetailsProps {
  readonly id: string;
  /** Its run is what is looked at. */
  readonly inRun?: boolean;
}

/** All that is known of one event, with what was said in it. Reading it is itself in the log. */
export function EventDetails({ id, inRun }: EventDetailsProps) {
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(eventQuery(id));
  useRetryWhenLive(error, () => void refetch());
  useEvents((told) => {
    if (told !== 'reset' && told.id === id && told.status !== data?.status)
      void queries.invalidateQueries({ queryKey: eventQuery(id).queryKey });
  });
  if (data === undefined)
    return error === null ? (
      <Loading rows={10} label="Loading the event" />
    ) : (
      <Failure error={error} retry={() => void refetch()} />
    );
  return (
    <div className="grid min-w-0 grid-cols-1 gap-5">
      <Head event={data} inRun={inRun === true} />
      <EventFacts event={data} />
      <Payloads event={data} />
      <AttributesSection attributes={data.attributes} />
      <CommandText command={`swarm event show ${shellWord(data.id)}`} />
    </div>
  );
}

function Head({ event, inRun }: { readonly event: EventResource; readonly inRun: boolean }) {
  const name = nameOf(event);
  return (
    <div className="grid min-w-0 grid-cols-1 gap-3">
      <div className="flex min-w-0 flex-wrap items-center gap-2">
        <StatusBadge status={event.status} />
        <HostileText text={event.kind} className="text-muted" />
      </div>
      <p className="min-w-0 break-words font-mono text-sm">
        {name !== undefined && <HostileText text={`${name} `} className="font-semibold" />}
        <HostileText text={whatText(event)} max={500} />
      </p>
      {event.error !== undefined && (
        <div className="min-w-0 break-words rounded-md border border-bad/40 bg-bad-soft p-3">
          <HostileText text={event.error.code} className="font-mono text-xs" />
          <p>
            <HostileText text={event.error.message} max={2_000} />
          </p>
        </div>
      )}
      {event.attributes?.certain === false && (
        <p className="text-warn">
          Other runs of this machine were in flight: one of them may have caused it.
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {event.run !== undefined && !inRun && (
          <Button size="small" asChild>
            <Link to="/runs/$id" params={{ id: event.run }} search={{ event: event.id }}>
              <ListTree aria-hidden /> Its run
            </Link>
          </Button>
        )}
        <Button size="small" asChild>
          <Link to="/audit" search={{ event: event.id }}>
            <ShieldCheck aria-hidden /> Prove it
          </Link>
        </Button>
      </div>
    </div>
  );
}

const NOT_KEPT: Readonly<Record<PayloadPolicyName, string>> = {
  full: 'There was none.',
  redacted: 'There was none.',
  hash: 'Not kept: the agent’s policy keeps a hash only.',
  none: 'Not kept: the agent’s policy keeps nothing of it.',
};

function Payloads({ event: { payload, content } }: { readonly event: EventResource }) {
  if (payload === undefined && (content === undefined || content === null)) return null;
  const missing =
    content === null
      ? 'Erased by retention. What the log says of it stays, and can still be proved.'
      : NOT_KEPT[payload?.policy ?? 'none'];
  const sides = [
    { title: 'Request', record: payload?.request, stored: content?.request },
    { title: 'Response', record: payload?.response, stored: content?.response },
  ];
  return sides.map((side) => <PayloadView key={side.title} {...side} missing={missing} />);
}
