/** Events for streams: one reader of the log for all streams that ask for the same. */
import type { Logger } from '../base/logger.ts';
import type { EventTerms } from '../contracts/event-query.ts';
import { EventRing, type RingItem, ringItem } from './event-ring.ts';
import type { ActivityLog } from './ports.ts';
import { isWithin } from './time-bounds.ts';

/** Events that match; with more behind, a reader begins anew. */
const MAX_BEHIND = 1_000;
/** Entries that are looked at to find them. */
const MAX_LOOKED_AT = 100_000;
const PAGE_ITEMS = 50;
/** 200 readers that all ask for something else wait for 0.4 s. */
const UNPACED_RINGS = 10;
const PACE_MS = 2;
/** A reader that comes back finds what it missed. */
const LINGER_MS = 30_000;

export interface RingsOptions {
  readonly workspaceId: string;
  readonly events: ActivityLog;
  readonly log: Logger;
}

export interface EventReading {
  readonly terms: EventTerms;
  /** Behind that entry; absent: from now on. */
  readonly afterSeq?: number;
  readonly signal: AbortSignal;
  wake(): void;
}

/** `reset`: something was left out, and it goes on from now. */
export type EventPiece =
  | { readonly type: 'items'; readonly items: readonly RingItem[] }
  | { readonly type: 'reset' };

export interface EventReader {
  /** Everything up to that entry has been given, or does not match. */
  readonly position: number;
  /** Ends at once when there is nothing new. */
  next(): Promise<EventPiece>;
  close(): void;
}

export class EventRings {
  readonly #options: RingsOptions;
  readonly #rings = new Map<
    string,
    { readonly ring: EventRing; timer: NodeJS.Timeout | undefined }
  >();

  constructor(options: RingsOptions) {
    this.#options = options;
  }

  open(reading: EventReading): EventReader {
    const { sinceNs, untilNs, ...shared } = reading.terms;
    const bounds = {
      ...(sinceNs !== undefined && { sinceNs }),
      ...(untilNs !== undefined && { untilNs }),
    };
    const now = this.#now();
    const wanted = reading.afterSeq;
    const isKnown = wanted === undefined || wanted < this.#committed();
    const isNear = wanted !== undefined && isKnown && now - wanted <= MAX_BEHIND;
    const { ring, release } = this.#ring(shared, {
      afterSeq: isNear ? wanted : now,
      wake: reading.wake,
    });
    let position = wanted === undefined || !isKnown ? now : wanted;
    let lost = !isKnown;
    const matching = (items: readonly RingItem[]) =>
      items.filter(({ time }) => isWithin(bounds, time));
    return {
      get position() {
        return lost ? -1 : position;
      },
      next: async () => {
        const found = lost ? undefined : ring.read(position, PAGE_ITEMS);
        if (found !== undefined) {
          position = found.through;
          return { type: 'items', items: matching(found.items) };
        }
        const upTo = this.#now();
        const behind = lost
          ? undefined
          : await this.#behind({ ...reading, terms: shared }, { position, upTo });
        lost = false;
        position = upTo;
        return behind === undefined
          ? { type: 'reset' }
          : { type: 'items', items: matching(behind) };
      },
      close: release,
    };
  }

  async close(): Promise<void> {
    const all = [...this.#rings.values()];
    this.#rings.clear();
    for (const { timer } of all) clearTimeout(timer);
    await Promise.all(all.map(({ ring }) => ring.close()));
  }

  #ring(terms: EventTerms, { afterSeq, wake }: { afterSeq: number; wake: () => void }) {
    const key = JSON.stringify(Object.entries(terms).sort(([a], [b]) => (a < b ? -1 : 1)));
    let entry = this.#rings.get(key);
    if (entry === undefined) {
      entry = {
        ring: new EventRing({ ...this.#options, terms, afterSeq, paceMs: () => this.#paceMs() }),
        timer: undefined,
      };
      this.#rings.set(key, entry);
    }
    const { ring } = entry;
    clearTimeout(entry.timer);
    const unsubscribe = ring.subscribe(wake);
    const release = () => {
      unsubscribe();
      if (ring.readers > 0 || this.#rings.get(key) !== entry) return;
      entry.timer = setTimeout(() => {
        this.#rings.delete(key);
        void ring.close();
      }, LINGER_MS).unref();
    };
    return { ring, release };
  }

  /** Very many different questions are answered a little later rather than all at once. */
  #paceMs(): number {
    return this.#rings.size > UNPACED_RINGS ? this.#rings.size * PACE_MS : 0;
  }

  /** @returns what matches in (position, upTo]; undefined: it is too much */
  async #behind(
    { terms, signal }: EventReading,
    { position, upTo }: { readonly position: number; readonly upTo: number },
  ): Promise<RingItem[] | undefined> {
    if (upTo - position > MAX_LOOKED_AT) return undefined;
    const items: RingItem[] = [];
    if (upTo <= position) return items;
    const done = new AbortController();
    const { workspaceId, events } = this.#options;
    const how = {
      afterSeq: position,
      signal: AbortSignal.any([signal, done.signal]),
      onThrough: (seq: number) => {
        if (seq >= upTo) done.abort();
      },
    };
    for await (const { id, data } of events.follow(workspaceId, terms, how)) {
      if (Number(id) > upTo) break;
      items.push(ringItem(Number(id), data));
      if (items.length > MAX_BEHIND) return undefined;
    }
    return items;
  }

  /** What is not indexed yet is no event that a list had: it is still to come. */
  #now(): number {
    const { workspaceId, events } = this.#options;
    const [indexed, committed] = [events.indexed(workspaceId), this.#committed()];
    // An index that is being made would begin with the first event ever.
    return (indexed === 0 || committed - indexed > MAX_BEHIND ? committed : indexed) - 1;
  }

  #committed(): number {
    return this.#options.events.committed(this.#options.workspaceId);
  }
}
