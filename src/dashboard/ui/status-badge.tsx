import type { EventStatus } from '../../contracts/event.ts';
import { Badge, type Tone } from './badge.tsx';

const TONES: Readonly<Record<EventStatus, Tone>> = {
  open: 'info',
  ok: 'good',
  error: 'bad',
  refused: 'warn',
  unknown: 'accent',
};

/** How an event ended, in one colour everywhere. */
export function StatusBadge({ status }: { readonly status: EventStatus }) {
  return <Badge tone={TONES[status]}>{status}</Badge>;
}
