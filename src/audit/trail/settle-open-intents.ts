import type { Clock } from '../../base/clock.ts';
import { isoTime } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { sleep } from '../../base/wait.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import type { AppendItem, AuditSearch, LogWriter } from '../ports.ts';
import { appendSurely } from './append-surely.ts';

const BATCH = 500;
/** How long the index is waited for at a time; it is asked again until it has caught up. */
const CATCH_UP_MS = 60_000;
const RETRY_MS = 500;

interface SettleOptions {
  readonly writer: Pick<LogWriter, 'append' | 'onStateChange'>;
  readonly search: Pick<AuditSearch, 'caughtUp' | 'openIntents'>;
  readonly workspaceId: string;
  /** Number of entries at the start: what is open below it, an earlier swarmd began. */
  readonly size: number;
  /** What this swarmd began itself ends by itself. */
  readonly isOwn: (seq: number) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Once after a start: gives every intent that an earlier swarmd left open the end `unknown`. It
 * may be cut off and begun again: what has an end by then is not open any more.
 * @returns how many there were
 */
export async function settleOpenIntents(options: SettleOptions): Promise<number> {
  const { writer, search, workspaceId, size, log, signal } = options;
  if (size === 0) return 0;
  while (!signal.aborted)
    try {
      await search.caughtUp(workspaceId, size, { timeoutMs: CATCH_UP_MS });
      const items = await openItems(options);
      for (let from = 0; from < items.length; from += BATCH) {
        const batch = items.slice(from, from + BATCH);
        if ((await appendSurely(writer, { workspaceId, items: batch, signal })) === undefined)
          return from;
      }
      if (items.length > 0)
        log.warn({ workspaceId, count: items.length }, 'nobody knows how these events ended');
      return items.length;
    } catch (error) {
      if (signal.aborted) break;
      log.warn(
        { workspaceId, error: describeError(error) },
        'events that were left open could not be ended yet',
      );
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  return 0;
}

async function openItems(options: SettleOptions): Promise<AppendItem[]> {
  const { search, workspaceId, size, isOwn, clock } = options;
  const open = await search.openIntents(workspaceId, size);
  return open
    .filter(({ seq }) => !isOwn(seq))
    .map(({ seq, event }) => ({
      draft: {
        // It was declared when the intent was written.
        ...{ id: event.id, kind: event.kind as EventKind, actor: serviceEventActor('audit') },
        ...(event.agent !== undefined && { agent: event.agent }),
        ...(event.run !== undefined && { run: event.run }),
        time: isoTime(clock.nowMs()),
        status: 'unknown',
        error: {
          code: 'outcome_unknown',
          message: 'swarmd ended before it was known how this ended',
        },
        phase: 'completion',
        intent: seq,
      },
    }));
}
