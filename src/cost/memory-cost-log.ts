/** An audit log in memory, for tests of what reads costs from it. */
import { isoTime } from '../base/clock.ts';
import { SwarmError } from '../base/errors.ts';
import type { EventResource } from '../contracts/event.ts';
import type { EventDraft, OpenEvent, Trail } from '../contracts/trail.ts';
import type { CostLog } from './ledger/ledger.ts';

export class MemoryCostLog implements CostLog, Trail {
  readonly entries: EventResource[] = [];
  available = true;
  #grown = Promise.withResolvers<void>();
  readonly #clock: { nowMs(): number };

  constructor(clock: { nowMs(): number }) {
    this.#clock = clock;
  }

  async record(draft: EventDraft): Promise<void> {
    this.#check();
    this.note(draft);
  }

  async begin(draft: EventDraft): Promise<OpenEvent> {
    this.#check();
    const intent = this.#append({ ...draft, status: 'open' });
    return {
      id: intent.id,
      complete: async (outcome) => {
        const { captured: _captured, ...facts } = outcome;
        const attributes = { ...intent.attributes, ...facts.attributes };
        const seq = this.entries.length;
        this.entries.push({ ...intent, ...facts, attributes, completedSeq: seq });
        this.#tell();
      },
    };
  }

  note(draft: EventDraft): void {
    this.#append(draft);
  }

  state() {
    return { available: true } as const;
  }

  of(kind: string): EventResource[] {
    return this.entries.filter((entry) => entry.kind === kind);
  }

  async *follow(
    _workspaceId: string,
    { kind = [], status = [] }: Parameters<CostLog['follow']>[1],
    { afterSeq, signal }: Parameters<CostLog['follow']>[2],
  ): AsyncGenerator<{ readonly id: string; readonly data: EventResource }> {
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    for (let seq = afterSeq + 1; !signal.aborted; seq++) {
      while (this.entries[seq] === undefined && !signal.aborted)
        await Promise.race([this.#grown.promise, gone]);
      const data = this.entries[seq];
      if (data === undefined || signal.aborted) return;
      if (kind.includes(data.kind) && status.includes(data.status)) yield { id: String(seq), data };
    }
  }

  #append({ captured: _captured, ...draft }: EventDraft): EventResource {
    const time = isoTime(this.#clock.nowMs());
    const seq = this.entries.length;
    const entry: EventResource = {
      ...{ seq, time, recorded: time, workspace: 'default', status: 'ok' },
      ...draft,
      id: draft.id ?? `evt_${seq}`,
    };
    this.entries.push(entry);
    this.#tell();
    return entry;
  }

  #tell(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  #check(): void {
    if (this.available) return;
    const declaration = { status: 503, remedy: 'Free disk space.' };
    throw new SwarmError('audit_unavailable', declaration, 'The disk is full.');
  }
}
