import type { EventResource } from '../../../contracts/event.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { EventLink } from '../../ui/event-link.tsx';
import { milliseconds } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { whatText } from '../calls/call-row.ts';
import { RunCost } from './run-cost.tsx';

export const CALL_COLUMNS =
  'md:grid-cols-[8rem_5.5rem_minmax(6rem,14rem)_minmax(0,1fr)_6rem_6rem] items-center gap-x-3 px-4';

const TONES: Readonly<Record<EventResource['status'], Tone>> = {
  open: 'info',
  ok: 'good',
  error: 'bad',
  refused: 'warn',
  unknown: 'warn',
};

/** One call, all of it a link to its run. Two lines on a phone, one elsewhere. */
export function CallLine({ call }: { readonly call: EventResource }) {
  const isOpen = call.status === 'open';
  return (
    <li
      className={`${CALL_COLUMNS} relative grid min-h-10 grid-cols-[auto_minmax(0,1fr)_auto] gap-y-0.5 py-1.5 hover:bg-raised md:py-0`}
    >
      <Time
        at={call.time}
        className="order-4 text-muted text-xs tabular-nums md:order-none md:text-sm"
      />
      <span className="order-1 md:order-none">
        <Badge tone={TONES[call.status]}>{isOpen ? 'running' : call.status}</Badge>
      </span>
      <span className="order-5 min-w-0 truncate text-muted text-xs md:order-none md:text-ink md:text-sm">
        <HostileText text={call.agent ?? '–'} max={80} />
      </span>
      <EventLink
        event={call}
        className="order-2 min-w-0 truncate rounded-sm font-mono text-xs after:absolute after:inset-0 md:order-none"
      >
        <HostileText text={whatText(call)} max={200} />
      </EventLink>
      <span className="order-3 text-right tabular-nums md:order-none">
        {call.durationNs === undefined ? '–' : milliseconds(call.durationNs / 1e6)}
      </span>
      <span className="order-6 text-right tabular-nums md:order-none">
        {call.run === undefined ? (
          '–'
        ) : (
          <RunCost key={call.status} run={call.run} ended={!isOpen} />
        )}
      </span>
    </li>
  );
}
