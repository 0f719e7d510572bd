/** A change of budgets or prices: its event is durable before it is made. */
import { describeError, SwarmError } from '../base/errors.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import type { EventDraft, Trail } from '../contracts/trail.ts';

/** Who changes it, and in the course of what. */
export type ChangedBy = Pick<
  EventDraft,
  'actor' | 'request' | 'run' | 'span' | 'parent' | 'attributes'
>;

export interface Change {
  readonly kind: EventKind;
  readonly agent?: string | null;
  readonly attributes: NonNullable<EventDraft['attributes']>;
  /** Undefined: it is made. */
  readonly refused?: SwarmError | undefined;
}

/** @throws audit_unavailable: then nothing was changed; and what `apply` throws */
export async function auditedChange(
  { trail, by, change }: { trail: Pick<Trail, 'begin' | 'record'>; by: ChangedBy; change: Change },
  apply: () => Promise<void>,
): Promise<void> {
  const draft: EventDraft = {
    ...by,
    kind: change.kind,
    ...(change.agent && { agent: change.agent.slice(0, 100) }),
    attributes: { ...by.attributes, ...change.attributes },
  };
  if (change.refused !== undefined) {
    const { code, message } = change.refused;
    const error = { code, message: message.slice(0, 2000) };
    await trail.record({ ...draft, status: 'refused', error });
    throw change.refused;
  }
  const event = await trail.begin(draft);
  try {
    await apply();
  } catch (error) {
    const code = error instanceof SwarmError ? error.code : 'internal_error';
    const message = describeError(error).slice(0, 2000);
    await event.complete({ status: 'error', error: { code, message } });
    throw error;
  }
  await event.complete({ status: 'ok' });
}

/** Changes one after the other, each whole. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
