import { type BurstLimiter, createBurstLimiter } from '../base/burst-limiter.ts';
import type { Clock } from '../base/clock.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { Trail } from '../contracts/trail.ts';
import { apiEvents } from './events.ts';

/** Refused attempts from one address or principal that are recorded one by one. */
const PER_MINUTE = 30;
const MAX_SOURCES = 1_000;

/** What it holds back is told as one number for each minute. */
export function createRefusalLimiter(trail: Pick<Trail, 'note'>, clock: Clock): BurstLimiter {
  return createBurstLimiter({
    perWindow: PER_MINUTE,
    windowMs: 60_000,
    maxKeys: MAX_SOURCES,
    clock,
    onHeldBack: (from, count) =>
      trail.note({
        kind: apiEvents['api.refusals_counted'],
        actor: serviceEventActor('api'),
        status: 'refused',
        attributes: { from, count },
      }),
  });
}
