import { describeError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventDraft } from '../../contracts/trail.ts';
import type { AppendItem, LogWriter } from '../ports.ts';
import { appendSurely } from './append-surely.ts';
import { trailEvents } from './events.ts';

export const MAX_NOTES = 10_000;
const BATCH = 500;

export interface NoteQueueOptions {
  readonly writer: Pick<LogWriter, 'append' | 'onStateChange'>;
  readonly workspaceId: string;
  readonly log: Logger;
  /** When it fires, what waits is tried once more and then given up. */
  readonly signal: AbortSignal;
}

/** Facts that wait to be written, in order; what does not fit pushes the oldest out, counted. */
export class NoteQueue {
  readonly #options: NoteQueueOptions;
  #waiting: EventDraft[] = [];
  #lost = 0;
  #writing: Promise<void> | undefined;

  constructor(options: NoteQueueOptions) {
    this.#options = options;
  }

  add(draft: EventDraft): void {
    this.#waiting.push(draft);
    if (this.#waiting.length > MAX_NOTES) {
      this.#waiting.shift();
      this.#lost++;
    }
    // Later in this turn: what is told together is written together.
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  /** Resolves when nothing waits any more, or it was given up. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) if (!(await this.#writeBatch())) break;
    } finally {
      this.#writing = undefined;
    }
  }

  /** Taken off before it is written: what comes meanwhile may push out only what waits behind. */
  async #writeBatch(): Promise<boolean> {
    const { signal, log } = this.#options;
    const lost = this.#lost;
    const batch = this.#waiting.splice(0, BATCH);
    if (lost > 0) batch.unshift(notesLost(lost));
    this.#lost = 0;
    try {
      if (await this.#append(batch.map(whole))) return true;
    } catch (error) {
      log.error({ err: error }, 'notes for the audit log were refused together');
      return this.#writeEach(batch);
    }
    log.error(
      { notes: batch.length + this.#waiting.length, lost, aborted: signal.aborted },
      'notes for the audit log were given up',
    );
    this.#waiting = [];
    return false;
  }

  /** One that cannot be written does not keep the others from it. */
  async #writeEach(batch: readonly EventDraft[]): Promise<boolean> {
    for (const draft of batch)
      try {
        if (!(await this.#append([whole(draft)]))) return false;
      } catch (error) {
        const { log } = this.#options;
        log.error({ kind: draft.kind, error: describeError(error) }, 'a note was refused');
      }
    return true;
  }

  async #append(items: readonly AppendItem[]): Promise<boolean> {
    const { writer, workspaceId, signal } = this.#options;
    return (await appendSurely(writer, { workspaceId, items, signal })) !== undefined;
  }
}

function whole(draft: EventDraft): AppendItem {
  return { draft: { ...draft, phase: 'whole' } };
}

function notesLost(count: number): EventDraft {
  return {
    kind: trailEvents['audit.notes_lost'],
    actor: serviceEventActor('audit'),
    attributes: { count },
  };
}
