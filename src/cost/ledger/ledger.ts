/**
 * The sums of what calls cost. They follow the audit log: each entry's part is added in the same
 * transaction that says up to which entry the sums go, so that whatever happens, they are exactly
 * those of the log up to there, and go on from there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { Logger } from '../../base/logger.ts';
import type { EventResource } from '../../contracts/event.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventTerms } from '../../contracts/event-query.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { CostRunRow, Store } from '../../store/store.ts';
import { costEvents } from '../events.ts';
import { KeyLimit } from './key-limit.ts';
import { addSums, CALL_KIND, ledgerEntry, MACHINE_TIME_KIND } from './ledger-entry.ts';

/** The audit log as costs see it. */
export interface CostLog {
  /** Every event as it is begun and completed, behind `afterSeq`; `id` is the entry's number. */
  follow(
    workspaceId: string,
    terms: EventTerms,
    how: { readonly afterSeq: number; readonly signal: AbortSignal },
  ): AsyncIterable<{ readonly id: string; readonly data: EventResource }>;
}

export interface LedgerOptions {
  readonly workspaceId: string;
  readonly store: Store;
  readonly log: Logger;
  readonly costLog: CostLog;
  readonly trail: Pick<Trail, 'record'>;
  /** An entry of before the start, whose call nobody here has counted. */
  onEarlier(row: CostRunRow): void;
  /** All of those have been seen. */
  onComplete(): void;
}

const FLUSH_MS = 500;
const RETRY_MS = 1_000;
/** A start waits so long at most; then budgets refuse until it is known what was spent. */
const CATCH_UP_MS = 5_000;
/** Then the log is not read on before they are stored. */
const MAX_PENDING = 1_000;

const TERMS: EventTerms = {
  kind: [CALL_KIND, MACHINE_TIME_KIND, 'cost.ledger_opened'],
  status: ['ok', 'error', 'unknown'],
};

interface Batch {
  seq: number;
  entries: number;
  readonly rows: Map<string, CostRunRow>;
  readonly meters: Map<string, number>;
}

const newBatch = (seq: number): Batch => ({ seq, entries: 0, rows: new Map(), meters: new Map() });

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #closing = new AbortController();
  readonly #keys = new KeyLimit();
  readonly #mark = newId('evt');
  #batch = newBatch(-1);
  #complete = Promise.withResolvers<void>();
  #isComplete = false;
  #following: Promise<unknown> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /**
   * Goes on behind the last entry that is in the sums. To be awaited before the first call goes
   * out: it writes a mark into the log, and what is read before the mark was there before. Where the
   * log cannot be written, no call goes out either, and the mark follows as soon as it can be.
   * Resolves when all before it has been read; sooner where that takes long.
   */
  async start(): Promise<void> {
    const { workspaceId, store } = this.#options;
    this.#batch = newBatch(await store.cost.watermark(workspaceId));
    const marked = await this.#writeMark();
    this.#following = Promise.all([this.#follow(), marked ? undefined : this.#keepMarking()]);
    if (!marked) return;
    const late = sleep(CATCH_UP_MS, undefined, { ref: false });
    await Promise.race([this.#complete.promise, late]);
  }

  async #writeMark(): Promise<boolean> {
    const { trail, log } = this.#options;
    try {
      const kind = costEvents['cost.ledger_opened'];
      await trail.record({ id: this.#mark, kind, actor: serviceEventActor('cost') });
      return true;
    } catch (error) {
      log.warn({ error: describeError(error) }, 'costs are not complete before the log is written');
      return false;
    }
  }

  async #keepMarking(): Promise<void> {
    const { signal } = this.#closing;
    do await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    while (!signal.aborted && !(await this.#writeMark()));
  }

  /** Stores what has been read so far. @throws store_full, … */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
    await this.flush();
  }

  async #follow(): Promise<void> {
    const { workspaceId, costLog, log } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const how = { afterSeq: this.#batch.seq, signal };
        for await (const { id, data } of costLog.follow(workspaceId, TERMS, how)) {
          this.#take(Number(id), data);
          if (this.#batch.entries >= MAX_PENDING) await this.flush();
        }
      } catch (error) {
        if (!signal.aborted)
          log.warn({ error: describeError(error) }, 'costs cannot be added up now; trying again');
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #take(seq: number, event: EventResource): void {
    const batch = this.#batch;
    batch.seq = seq;
    batch.entries++;
    const entry = ledgerEntry(event);
    if (entry !== undefined) {
      const row = this.#keys.bound(entry);
      const { day, agent, run, provider, model, tool } = row;
      const key = JSON.stringify([day, agent, run, provider, model, tool]);
      batch.rows.set(key, { ...row, ...addSums(batch.rows.get(key), row) });
      if (!this.#isComplete) this.#options.onEarlier(entry);
    }
    for (const [machineId, upToMs] of metersOf(event)) batch.meters.set(machineId, upToMs);
    if (event.id === this.#mark) {
      this.#isComplete = true;
      this.#complete.resolve();
      this.#options.onComplete();
    }
    this.#timer ??= setTimeout(() => void this.#flushSoon(), FLUSH_MS).unref();
  }

  #flushSoon(): Promise<void> {
    return this.flush().catch((error: unknown) => {
      this.#options.log.warn({ error: describeError(error) }, 'sums of costs could not be stored');
      this.#timer ??= setTimeout(() => void this.#flushSoon(), RETRY_MS).unref();
    });
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    if (batch.entries === 0) return;
    this.#batch = newBatch(batch.seq);
    try {
      await this.#store(batch);
    } catch (error) {
      this.#putBack(batch);
      throw error;
    }
  }

  #store({ seq, rows, meters }: Batch): Promise<void> {
    const { workspaceId, store } = this.#options;
    return store.transaction(async ({ cost }) => {
      const days = new Map<string, CostRunRow>();
      for (const row of rows.values()) {
        const { day, agent, provider, model, tool } = row;
        const key = JSON.stringify([day, agent, provider, model, tool]);
        days.set(key, { ...row, ...addSums(days.get(key), row) });
        const runSums = addSums(await cost.findRun(workspaceId, row), row);
        await cost.putRun(workspaceId, { ...row, ...runSums });
      }
      for (const { run: _run, ...row } of days.values()) {
        const daySums = addSums(await cost.findDay(workspaceId, row), row);
        await cost.putDay(workspaceId, { ...row, ...daySums });
      }
      for (const [machineId, upToMs] of meters)
        await cost.putMeter({ machineId, workspaceId, upToMs });
      await cost.setWatermark(workspaceId, seq);
    });
  }

  /** Nothing of it was stored: it goes with what was read since. */
  #putBack(failed: Batch): void {
    const since = this.#batch;
    const joined: Batch = { ...failed, seq: since.seq, entries: failed.entries + since.entries };
    for (const [key, row] of since.rows)
      joined.rows.set(key, { ...row, ...addSums(joined.rows.get(key), row) });
    for (const [machineId, upToMs] of since.meters) joined.meters.set(machineId, upToMs);
    this.#batch = joined;
  }
}

/** As src/cost/machine-time/ writes them. */
function metersOf({ kind, attributes }: EventResource): [string, number][] {
  if (kind !== MACHINE_TIME_KIND || !Array.isArray(attributes?.machines)) return [];
  return attributes.machines.flatMap((one): [string, number][] => {
    if (!Array.isArray(one)) return [];
    const [machineId, , upToMs] = one;
    return typeof machineId === 'string' && typeof upToMs === 'number' ? [[machineId, upToMs]] : [];
  });
}
