/** Changes one after the other, each an event that is begun before it is made. */
import { describeError, SwarmError } from '../../base/errors.ts';
import type { EventDraft, Trail } from '../../contracts/trail.ts';

/** Who changes it, and in the course of what. */
export type ChangedBy = Pick<
  EventDraft,
  'actor' | 'request' | 'run' | 'span' | 'parent' | 'attributes'
>;

export interface Turn {
  /** The change is made between its intent and its end. @throws audit_unavailable, and whatever `apply` does */
  audited(draft: EventDraft, apply: () => Promise<void>): Promise<void>;
  /** Throws `error`, once it is recorded that the change was refused. */
  refuse(draft: EventDraft, error: SwarmError): Promise<never>;
}

export function auditedChanges(trailOf: (workspaceId: string) => Pick<Trail, 'begin' | 'record'>) {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(workspaceId: string, work: (turn: Turn) => Promise<T>): Promise<T> => {
    const begin = () => work(turnOf(trailOf(workspaceId)));
    const turn = last.then(begin, begin);
    last = turn.catch(() => undefined);
    return turn;
  };
}

function turnOf(trail: Pick<Trail, 'begin' | 'record'>): Turn {
  return {
    async audited(draft, apply) {
      const event = await trail.begin(draft);
      try {
        await apply();
      } catch (error) {
        const code = error instanceof SwarmError ? error.code : 'internal_error';
        await event.complete({ status: 'error', error: { code, message: messageOf(error) } });
        throw error;
      }
      await event.complete({ status: 'ok' });
    },
    async refuse(draft, error) {
      const { code } = error;
      await trail.record({
        ...draft,
        status: 'refused',
        error: { code, message: messageOf(error) },
      });
      throw error;
    },
  };
}

const messageOf = (error: unknown) => describeError(error).slice(0, 2000);
