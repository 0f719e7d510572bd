/** What takes its time, for a stream that others are told on as well: see LiveSource. */
import type { LiveHow, LiveSource } from '../activity/activity.ts';

/** Of what waits and of what is told at once; one item may be above it. */
const BATCH_CHARACTERS = 64 * 1024;
const BATCH_ITEMS = 500;
/** Between two messages: many lines are one message, and other news have their turn. */
const LEAST_PAUSE_MS = 20;
/** A machine’s own log takes less than that in a second. */
const CHARACTERS_PER_MS = 4 * 1024;

export interface PacedSourceOptions<T> extends LiveHow {
  /** Asked for its items no faster than they are told. Ends with the signal. */
  items(signal: AbortSignal): AsyncIterable<T>;
  charactersOf(item: T): number;
  /** The message with the items. @returns undefined when there is nothing to say */
  tell(items: readonly T[]): string | undefined;
  /** The last message. @param error why it ended, where it should not have */
  tellEnd(error: unknown): string | undefined;
  position(): string | undefined;
}

export class PacedSource<T> implements LiveSource {
  readonly #options: PacedSourceOptions<T>;
  readonly #over = new AbortController();
  #items: T[] = [];
  #characters = 0;
  #roomCame = () => {};
  #end: { readonly error: unknown } | undefined;
  #mayTellAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PacedSourceOptions<T>) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.close(), { signal: this.#over.signal });
    if (options.signal.aborted) this.close();
    else void this.#pump();
  }

  get position(): string | undefined {
    return this.#options.position();
  }

  next(): string | undefined {
    if (this.#items.length === 0 && this.#end === undefined) return undefined;
    const nowMs = performance.now();
    if (nowMs < this.#mayTellAtMs) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#options.wake();
      }, this.#mayTellAtMs - nowMs).unref();
      return undefined;
    }
    if (this.#items.length === 0) return this.#tellEnd();
    const items = this.#items;
    this.#mayTellAtMs = nowMs + Math.max(LEAST_PAUSE_MS, this.#characters / CHARACTERS_PER_MS);
    this.#items = [];
    this.#characters = 0;
    this.#roomCame();
    return this.#options.tell(items);
  }

  close(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
    this.#items = [];
    this.#roomCame();
  }

  #tellEnd(): string | undefined {
    const error = this.#end?.error;
    this.#end = undefined;
    return this.#options.tellEnd(error);
  }

  async #pump(): Promise<void> {
    const { signal } = this.#over;
    const { items, charactersOf, wake } = this.#options;
    let error: unknown;
    try {
      for await (const item of items(signal)) {
        while (!signal.aborted && this.#isFull())
          await new Promise<void>((resolve) => {
            this.#roomCame = resolve;
          });
        if (signal.aborted) return;
        this.#items.push(item);
        this.#characters += charactersOf(item);
        wake();
      }
    } catch (thrown) {
      error = thrown;
    }
    if (signal.aborted) return;
    this.#end = { error };
    wake();
  }

  #isFull(): boolean {
    return this.#characters >= BATCH_CHARACTERS || this.#items.length >= BATCH_ITEMS;
  }
}
