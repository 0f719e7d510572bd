/**
 * The newest events that match some terms, read from the log once for all who ask for the same.
 * Readers have a place in it and no queue, so a slow one costs nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { EventResource } from '../contracts/event.ts';
import type { EventTerms } from '../contracts/event-query.ts';
import type { ActivityLog } from './ports.ts';

/** Whoever falls out of it reads from the log again. */
const KEPT_ITEMS = 256;
const KEPT_CHARACTERS = 512 * 1024;
const RETRY_MS = 1_000;

export interface RingItem {
  readonly seq: number;
  /** Of the event, as it stands in it. */
  readonly time: string;
  /** The message, as text. */
  readonly json: string;
}

export interface EventRingOptions {
  readonly workspaceId: string;
  readonly events: Pick<ActivityLog, 'follow'>;
  readonly log: Logger;
  readonly terms: EventTerms;
  readonly afterSeq: number;
  /** How long it leaves the log alone after each look, in milliseconds. */
  paceMs(): number;
}

export class EventRing {
  readonly #options: EventRingOptions;
  readonly #closing = new AbortController();
  readonly #readers = new Set<() => void>();
  #items: RingItem[] = [];
  #characters = 0;
  /** Everything behind this entry is here, up to `through`. */
  #floor: number;
  #through: number;
  readonly #following: Promise<void>;

  constructor(options: EventRingOptions) {
    this.#options = options;
    this.#floor = options.afterSeq;
    this.#through = options.afterSeq;
    this.#following = this.#follow();
  }

  get floor(): number {
    return this.#floor;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Up to `limit` items behind an entry, and how far that goes; undefined: it is out of reach. */
  read(
    afterSeq: number,
    limit: number,
  ): { readonly items: readonly RingItem[]; readonly through: number } | undefined {
    if (afterSeq < this.#floor) return undefined;
    const begin = firstBehind(this.#items, afterSeq);
    const items = this.#items.slice(begin, begin + limit);
    const isAll = begin + limit >= this.#items.length;
    const last = items.at(-1)?.seq ?? afterSeq;
    return { items, through: isAll ? Math.max(this.#through, last) : last };
  }

  /** @returns the unsubscribe function */
  subscribe(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { workspaceId, events, terms, log } = this.#options;
    const { signal } = this.#closing;
    const onThrough = async (seq: number) => {
      this.#through = Math.max(this.#through, seq);
      const paceMs = this.#options.paceMs();
      if (paceMs > 0) await sleep(paceMs, undefined, { signal, ref: false }).catch(() => undefined);
    };
    while (!signal.aborted) {
      try {
        const how = { afterSeq: this.#through, signal, onThrough };
        for await (const { id, data } of events.follow(workspaceId, terms, how)) {
          const seq = Number(id);
          this.#through = seq;
          this.#add(ringItem(seq, data));
        }
      } catch (error) {
        if (!signal.aborted)
          log.warn({ error: describeError(error) }, 'events are not streamed now; trying again');
      }
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #add(item: RingItem): void {
    this.#items.push(item);
    this.#characters += item.json.length;
    // Half of it goes at a time: what is left is copied seldom.
    if (this.#items.length > 2 * KEPT_ITEMS || this.#characters > 2 * KEPT_CHARACTERS) this.#trim();
    for (const wake of this.#readers) wake();
  }

  #trim(): void {
    let [first, characters] = [this.#items.length, 0];
    while (first > this.#items.length - KEPT_ITEMS) {
      characters += this.#items[first - 1]?.json.length ?? 0;
      if (characters > KEPT_CHARACTERS) break;
      first--;
    }
    this.#floor = this.#items[first - 1]?.seq ?? this.#floor;
    this.#items = this.#items.slice(first);
    this.#characters = this.#items.reduce((sum, { json }) => sum + json.length, 0);
  }
}

export function ringItem(seq: number, event: EventResource): RingItem {
  return { seq, time: event.time, json: `{"type":"event","event":${JSON.stringify(event)}}` };
}

/** Index of the first item with a higher number: they are ascending. */
function firstBehind(items: readonly RingItem[], seq: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
