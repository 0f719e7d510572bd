import type { Clock } from '../../base/clock.ts';
import { isoTime } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { EventDraft, EventOutcome, OpenEvent, Trail } from '../../contracts/trail.ts';
import type { AppendItem, AppendReceipt, LogWriter } from '../ports.ts';
import { appendSurely } from './append-surely.ts';
import { NoteQueue } from './note-queue.ts';

export interface TrailOptions {
  readonly writer: Pick<LogWriter, 'append' | 'state' | 'onStateChange'>;
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ClosableTrail extends Trail {
  /**
   * Waits for notes and completions while they can be written; what cannot is given up, and its
   * intents are found unknown after the next start. Close it before the writer.
   */
  close(): Promise<void>;
}

export function createTrail(options: TrailOptions): ClosableTrail {
  const { writer, workspaceId, clock, log } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const notes = new NoteQueue({ writer, workspaceId, log, signal });
  const completions = new Set<Promise<void>>();

  async function append(item: AppendItem): Promise<AppendReceipt> {
    const [receipt] = await writer.append(workspaceId, [item]);
    if (receipt === undefined) throw new Error('the writer gave no receipt');
    return receipt;
  }

  async function complete(item: AppendItem): Promise<void> {
    try {
      await appendSurely(writer, { workspaceId, items: [item], signal });
    } catch (error) {
      const { kind, id } = item.draft;
      log.error(
        { kind, id, err: error },
        'how an event ended was refused: only the status is kept',
      );
      const items = [bareCompletion(item, error)];
      await appendSurely(writer, { workspaceId, items, signal }).catch((cause: unknown) =>
        log.error({ kind, id, error: describeError(cause) }, 'an event stays without its end'),
      );
    }
  }

  return {
    async record(draft) {
      await append({ draft: { time: isoTime(clock.nowMs()), ...draft, phase: 'whole' } });
    },
    async begin(draft) {
      const begunNs = process.hrtime.bigint();
      const time = isoTime(clock.nowMs());
      const { seq, id } = await append({ draft: { time, ...draft, phase: 'intent' } });
      let ending: Promise<void> | undefined;
      return {
        id,
        complete(outcome) {
          if (ending !== undefined) return ending;
          const item = completionOf({
            ...{ draft, id, seq, outcome },
            time: isoTime(clock.nowMs()),
            durationNs: Number(process.hrtime.bigint() - begunNs),
          });
          const written = complete(item).finally(() => completions.delete(written));
          completions.add(written);
          ending = written;
          return written;
        },
      } satisfies OpenEvent;
    },
    note(draft) {
      notes.add({ time: isoTime(clock.nowMs()), ...draft });
    },
    state: () => writer.state(),
    async close() {
      closing.abort();
      await notes.settled();
      await Promise.all(completions);
    },
  };
}

/** Carries what the event is found by, so that the entry says by itself what it is about. */
function completionOf(what: {
  readonly draft: EventDraft;
  readonly id: string;
  readonly seq: number;
  readonly outcome: EventOutcome;
  readonly time: string;
  readonly durationNs: number;
}): AppendItem {
  const { draft, id, seq, outcome, time, durationNs } = what;
  return {
    draft: {
      ...(draft.agent !== undefined && { agent: draft.agent }),
      ...(draft.run !== undefined && { run: draft.run }),
      ...{ time, durationNs },
      ...outcome,
      ...{ id, kind: draft.kind, actor: draft.actor, phase: 'completion', intent: seq },
    },
  };
}

function bareCompletion({ draft }: AppendItem, error: unknown): AppendItem {
  const { id, kind, actor, intent, agent, time, status } = draft;
  return {
    draft: {
      ...{ kind, actor, phase: 'completion' },
      ...(id !== undefined && { id }),
      ...(intent !== undefined && { intent }),
      ...(agent !== undefined && { agent }),
      ...(time !== undefined && { time }),
      ...(status !== undefined && { status }),
      error: { code: 'facts_refused', message: describeError(error).slice(0, 500) },
    },
  };
}
