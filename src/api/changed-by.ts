import type { ChangedBy } from '../audit/audit.ts';
import { callerEventActor } from '../contracts/event-actor.ts';
import { addressOf } from './attempt.ts';
import type { Call } from './endpoint.ts';

/** Who makes the change, for areas that record it themselves. */
export function changedBy({
  caller,
  request,
  requestId,
}: Pick<Call<unknown, unknown, unknown>, 'caller' | 'request' | 'requestId'>): ChangedBy {
  return { actor: callerEventActor(caller, addressOf(request)), request: requestId };
}
