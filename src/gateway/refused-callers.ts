import type { IncomingMessage } from 'node:http';
import { createBurstLimiter } from '../base/burst-limiter.ts';
import type { Clock } from '../base/clock.ts';
import type { SwarmError } from '../base/errors.ts';
import type { EventActor } from '../contracts/event.ts';
import { anonymousEventActor } from '../contracts/event-actor.ts';
import { traceContextOf } from '../contracts/trace-context.ts';
import type { Trail } from '../contracts/trail.ts';
import { gatewayEvents } from './events.ts';

export interface RefusedCall {
  /** Who it would have been for: a name that may not exist. */
  readonly agent: string;
  readonly error: Pick<SwarmError, 'code' | 'message' | 'status'>;
  /** As the answer says it. */
  readonly requestId: string;
  /** Known when the credential holds but does not suffice. */
  readonly caller?: EventActor;
}

/** Of one address in a second; the rest are one event. */
const PER_WINDOW = 10;
const WINDOW_MS = 1_000;
const MAX_ADDRESSES = 100;
const MAX_PATH = 300;

/** Whoever has no token can call as fast as the network lets it, and must not fill the disk so. */
export function createRefusedCallers(by: {
  readonly trail: Trail | undefined;
  readonly clock: Clock;
}) {
  const { trail, clock } = by;
  const limiter = createBurstLimiter({
    ...{ perWindow: PER_WINDOW, windowMs: WINDOW_MS, maxKeys: MAX_ADDRESSES, clock },
    onHeldBack: (address, count) =>
      trail?.note({
        kind: gatewayEvents['gateway.calls_refused'],
        actor: anonymousEventActor(address),
        status: 'refused',
        attributes: { count },
      }),
  });
  return {
    note(request: IncomingMessage, { agent, error, requestId, caller }: RefusedCall): void {
      if (trail === undefined) return;
      const address = request.socket.remoteAddress ?? 'unknown';
      if (!limiter.take(address)) return;
      const { run, span, parent } = traceContextOf(request.headers);
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      trail.note({
        kind: gatewayEvents['gateway.call'],
        actor: caller ?? anonymousEventActor(address),
        status: 'refused',
        ...{ agent, run, span, request: requestId },
        ...(parent !== undefined && { parent }),
        error: { code: error.code, message: error.message.slice(0, 2_000) },
        attributes: {
          method: request.method ?? 'GET',
          path: path.slice(0, MAX_PATH),
          statusCode: error.status,
        },
      });
    },
    close: () => limiter.close(),
  };
}
