/** Has the audit log told of sessions that ended by themselves: at the start, then every minute. */
import type { Access } from '../access/access.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Trail } from '../contracts/trail.ts';

const EVERY_MS = 60_000;

interface Parts {
  readonly access: Pick<Access, 'tellEndedSessions'>;
  readonly trail: Pick<Trail, 'record'>;
  readonly log: Logger;
}

/** @returns the function that ends it, after the round under way. */
export function startTellingEndedSessions({ access, trail, log }: Parts): () => Promise<void> {
  let round = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const run = () => {
    round = access
      .tellEndedSessions(trail)
      // They are told the next time, as after an outage of the log.
      .catch((error: unknown) =>
        log.debug({ error: describeError(error) }, 'that sessions ended could not be told'),
      )
      .then(() => {
        if (!isOver) timer = setTimeout(run, EVERY_MS).unref();
      });
  };
  run();
  return async () => {
    isOver = true;
    clearTimeout(timer);
    await round;
  };
}
