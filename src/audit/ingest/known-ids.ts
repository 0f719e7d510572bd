/**
 * Which ids the log has, so that an event sent twice is taken once. Recent ones are in memory: all
 * that the index may not have yet. Older ones are asked from the index. Lives on the writer's thread.
 */
import type { EventFacts, EventStatus } from '../../contracts/event.ts';
import { fingerprint } from './fingerprint.ts';
import { SpanMemory } from './span-memory.ts';

/** What two events with the same id are compared by. */
export interface KnownContent {
  /** Of kind, status, actor and facts. */
  readonly fingerprint: number;
  readonly time: string | undefined;
  /** Of the bodies, as they came; 0: none; undefined: the policy `none` does not tell. */
  readonly requestBytes: number | undefined;
  readonly responseBytes: number | undefined;
}

/** An event as the index has it. */
export type IndexedEvent = EventFacts & {
  readonly kind: string;
  readonly status: EventStatus;
  readonly time: string;
  readonly actor: { readonly id: string };
};

/** The index's side: reads what it has by id, on this thread. */
export interface IndexedEvents {
  /** Number of entries that are indexed; 0 when there is no index. */
  indexed(): number;
  /** Of the ids given, those that it has. */
  find(ids: readonly string[]): ReadonlyMap<string, IndexedEvent>;
}

/** Ids that were taken for events on their way into the log. Exactly one of the two ends it. */
export interface Reservation {
  /** They are durable, and the log has this many entries. */
  commit(logSize: number): void;
  /** They were not written: the same ids may come again. */
  release(): void;
}

interface Generation {
  readonly ids: Map<string, KnownContent>;
  /** Reservations that are neither committed nor released. */
  open: number;
  /** All of its committed ids lie below. */
  end: number;
}

const GENERATION_IDS = 25_000;
/** About 150 bytes each. Reached only while the index does not move. */
const MAX_IDS = 1_000_000;

export class KnownIds {
  readonly spans = new SpanMemory();
  readonly #index: IndexedEvents;
  /** Everything from here on is in memory. */
  #memoryFrom: number;
  /** Oldest first. */
  readonly #generations: Generation[] = [newGeneration()];
  #size = 0;

  constructor(options: { readonly index: IndexedEvents; readonly logSize: number }) {
    this.#index = options.index;
    this.#memoryFrom = options.logSize;
  }

  /**
   * May ids be judged? Not while entries lie between what is indexed and what is in memory: the
   * seconds after a start, or when the index stands still for a million events.
   */
  isComplete(): boolean {
    this.#forget();
    return this.#size < MAX_IDS && this.#index.indexed() >= this.#memoryFrom;
  }

  recent(id: string): KnownContent | undefined {
    for (let i = this.#generations.length - 1; i >= 0; i--) {
      const known = this.#generations[i]?.ids.get(id);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** Of ids that are not recent: all there are, if `isComplete` said so just before. */
  older(ids: readonly string[]): ReadonlyMap<string, KnownContent> {
    const known = new Map<string, KnownContent>();
    if (this.#memoryFrom === 0) return known;
    for (const [id, event] of this.#index.find(ids)) known.set(id, contentOfIndexed(event));
    return known;
  }

  reserve(contents: ReadonlyMap<string, KnownContent>): Reservation {
    let generation = this.#generations.at(-1);
    if (generation === undefined || generation.ids.size >= GENERATION_IDS) {
      generation = newGeneration();
      this.#generations.push(generation);
    }
    const taken = generation;
    for (const [id, content] of contents) taken.ids.set(id, content);
    this.#size += contents.size;
    taken.open++;
    return {
      commit: (logSize) => {
        taken.open--;
        taken.end = Math.max(taken.end, logSize);
      },
      release: () => {
        taken.open--;
        for (const id of contents.keys()) taken.ids.delete(id);
        this.#size -= contents.size;
      },
    };
  }

  /** Drops the oldest ids that the index has by now. */
  #forget(): void {
    for (;;) {
      const [oldest, next] = this.#generations;
      if (oldest === undefined || next === undefined) return;
      if (oldest.open > 0 || oldest.end > this.#index.indexed()) return;
      this.#generations.shift();
      this.#size -= oldest.ids.size;
      this.#memoryFrom = Math.max(this.#memoryFrom, oldest.end);
    }
  }
}

function newGeneration(): Generation {
  return { ids: new Map(), open: 0, end: 0 };
}

export function contentFingerprint(event: Omit<IndexedEvent, 'time'>): number {
  return fingerprint([
    ...[event.kind, event.status, event.actor.id, event.agent, event.revision, event.replica],
    ...[event.machine, event.run, event.span, event.parent, event.request, event.tool],
    ...[event.provider, event.model, event.error, event.durationNs, event.bytes, event.tokens],
    ...[event.cost, event.attributes],
  ]);
}

function contentOfIndexed(event: IndexedEvent): KnownContent {
  const { payload } = event;
  const isTold = payload?.policy !== 'none';
  return {
    fingerprint: contentFingerprint(event),
    time: event.time,
    requestBytes: isTold ? (payload?.request?.bytes ?? 0) : undefined,
    responseBytes: isTold ? (payload?.response?.bytes ?? 0) : undefined,
  };
}

/** Is what came now what the log has? A time that the sender left out says nothing. */
export function isSameContent(known: KnownContent, now: KnownContent): boolean {
  return (
    known.fingerprint === now.fingerprint &&
    (now.time === undefined || known.time === undefined || known.time === now.time) &&
    sameSize(known.requestBytes, now.requestBytes) &&
    sameSize(known.responseBytes, now.responseBytes)
  );
}

function sameSize(known: number | undefined, now: number | undefined): boolean {
  return known === undefined || now === undefined || known === now;
}
