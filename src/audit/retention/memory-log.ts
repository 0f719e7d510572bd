/** A log and its index in memory, for tests of retention: they crash and fail where they are told. */
import { isoTime } from '../../base/clock.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { EventTerms } from '../../contracts/event-query.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { AppendItem } from '../ports.ts';
import type { EraserOptions } from './eraser.ts';
import { eventTimeNs } from './event-time-ns.ts';

export interface MemoryEntry {
  readonly seq: number;
  readonly id: string;
  readonly item: AppendItem['draft'];
  /** Of the event: its begin. */
  readonly timeNs: bigint;
  readonly hasPayload: boolean;
  payloadErased: boolean;
  erased: boolean;
  forgotten: boolean;
}

export class MemoryLog {
  readonly entries: MemoryEntry[] = [];
  /** Called with the name of each step before and after it; what it throws, the step throws. */
  onStep: (step: string) => void | Promise<void> = () => undefined;

  add(item: AppendItem['draft'], hasPayload = false): MemoryEntry {
    const seq = this.entries.length;
    const intent = item.intent === undefined ? undefined : this.entries[item.intent];
    const entry = {
      ...{ seq, item, hasPayload, payloadErased: false, erased: false, forgotten: false },
      id: intent?.id ?? item.id ?? `evt_${seq}`,
      timeNs: intent?.timeNs ?? eventTimeNs(item.time ?? isoTime(0)),
    };
    this.entries.push(entry);
    return entry;
  }

  readonly writer: EraserOptions['writer'] = {
    committed: () => ({ size: this.entries.length, end: { segment: 0, offset: 0 } }),
    append: (_, items) =>
      this.#step('append', () =>
        items.map(({ draft }) => {
          const { seq, id } = this.add(draft);
          return { seq, id };
        }),
      ),
    erase: (_, { what, ranges }) =>
      this.#step('erase', () => {
        for (const entry of this.entries.filter(({ seq }) => isIn(ranges, seq))) {
          if (entry.item.kind.startsWith('audit.'))
            throw new Error(`${entry.seq} is the log's own`);
          entry.payloadErased = true;
          if (what === 'events') entry.erased = true;
        }
      }),
  };

  readonly search: EraserOptions['search'] = {
    caughtUp: async () => undefined,
    entries: (_, terms, { size }) => this.#find(terms, size),
    openIntents: async (_, size) =>
      this.entries
        .filter((entry) => entry.seq < size && this.isOpen(entry))
        .map((entry) => ({ seq: entry.seq, event: this.#resource(entry) })),
    list: async (_, { kind }, { limit = 1000, cursor }) => {
      const all = this.entries
        .filter((entry) => kind?.includes(entry.item.kind) && entry.seq < Number(cursor ?? 1e9))
        .reverse();
      const items = all.slice(0, Math.min(limit, 3)).map((entry) => this.#resource(entry));
      const last = items.at(-1);
      return { items, nextCursor: last && all.length > items.length ? String(last.seq) : null };
    },
    forget: (_, { what, ranges }) =>
      this.#step('forget', () => {
        if (what === 'payloads') return;
        for (const entry of this.entries) if (isIn(ranges, entry.seq)) entry.forgotten = true;
      }),
  };

  readonly trail: Pick<Trail, 'begin' | 'record'> = {
    record: async (draft) => {
      this.add({ ...draft, phase: 'whole' });
    },
    begin: async (draft) => {
      const intent = this.add({ ...draft, phase: 'intent' });
      return {
        id: intent.id,
        complete: async ({ captured: _, ...outcome }) => {
          const { kind, actor } = draft;
          this.add({ ...outcome, kind, actor, phase: 'completion', intent: intent.seq });
        },
      };
    },
  };

  isOpen({ seq, item }: MemoryEntry): boolean {
    return item.phase === 'intent' && !this.entries.some((other) => other.item.intent === seq);
  }

  async #step<T>(name: string, work: () => T): Promise<T> {
    await this.onStep(`before ${name}`);
    const result = work();
    await this.onStep(`after ${name}`);
    return result;
  }

  async *#find(terms: EventTerms, size: number) {
    for (const entry of this.entries.slice(0, size)) {
      if (entry.forgotten || !matches(entry, terms)) continue;
      // One at a time, with a pause: whatever happens meanwhile happens in between.
      await Promise.resolve();
      yield [
        {
          ...{ seq: entry.seq, segment: 0, leafOffset: 0, leafBytes: 1, payloadOffset: 0 },
          payloadBytes: entry.hasPayload ? 1 : 0,
        },
      ];
    }
  }

  #resource({ seq, id, item, timeNs }: MemoryEntry): EventResource {
    const time = isoTime(Number(timeNs / 1_000_000n));
    const { kind, actor, attributes, error, durationNs } = item;
    return {
      ...{ seq, id, kind, actor, time, recorded: time, workspace: 'default', status: 'ok' },
      attributes,
      ...(error !== undefined && { error }),
      ...(durationNs !== undefined && { durationNs }),
    };
  }
}

function isIn(ranges: readonly (readonly [number, number])[], seq: number): boolean {
  return ranges.some(([first, last]) => first <= seq && seq <= last);
}

function matches({ item, timeNs }: MemoryEntry, terms: EventTerms): boolean {
  const { agent, kind, run, sinceNs, untilNs } = terms;
  if (agent !== undefined && (item.agent === undefined || !agent.includes(item.agent)))
    return false;
  if (kind !== undefined && !kind.some((term) => item.kind.startsWith(term.replace('*', ''))))
    return false;
  if (run !== undefined && item.run !== run) return false;
  if (sinceNs !== undefined && timeNs < sinceNs) return false;
  return untilNs === undefined || timeNs < untilNs;
}
