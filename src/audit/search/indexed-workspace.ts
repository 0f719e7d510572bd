/** The index of one workspace on the indexer's thread: what is to be done next, one step at a time. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../base/errors.ts';
import type { CommittedLog } from '../ports.ts';
import { searchErrors } from './errors.ts';
import { type Erased, forgetErased, unsealedShards } from './forget-erased.ts';
import { IndexBuilder, removeIndexFile } from './index-builder.ts';
import { closeWithSeal } from './index-seal.ts';
import { dropUnfinished } from './remake-words.ts';
import { sealShard } from './seal-shard.ts';
import { isIndexDamage } from './sqlite-failure.ts';
import type { LogLine } from './thread-messages.ts';

const PROGRESS_EVERY_MS = 10_000;
/** On a broken disk it is the same again and again. */
const TELL_FLAW_EVERY_MS = 60_000;

export interface WorkspaceReports {
  log(level: LogLine['level'], message: string, fields?: Readonly<Record<string, unknown>>): void;
  indexed(size: number): void;
  /** Resolves when no reader of this process that could be told has the file open. */
  release(): Promise<void>;
  exchanged(): void;
}

interface Job {
  readonly steps: () => Generator<void>;
  readonly done: PromiseWithResolvers<undefined>;
  running: Generator<void> | undefined;
}

export class IndexedWorkspace {
  readonly #dir: string;
  readonly #path: string;
  readonly #reports: WorkspaceReports;
  #log: CommittedLog = { size: 0, end: { segment: 0, offset: 0 } };
  #live: IndexBuilder | undefined;
  #rebuild:
    | {
        readonly builder: IndexBuilder;
        readonly startedMs: number;
        toldMs: number;
        readonly done: PromiseWithResolvers<{ entries: number; durationMs: number }>;
      }
    | undefined;
  #jobs: Job[] = [];
  #sealing: Generator<void> | undefined;
  #toldFlaw: { readonly reason: string; readonly atMs: number } | undefined;

  /** @param dir of the workspace */
  constructor(dir: string, reports: WorkspaceReports) {
    this.#dir = dir;
    this.#path = join(dir, 'index.db');
    this.#reports = reports;
  }

  committed(log: CommittedLog): void {
    this.#log = log;
  }

  get waitingEntries(): number {
    return this.#live === undefined ? Number.POSITIVE_INFINITY : this.#log.size - this.#live.size;
  }

  /** @returns whether something was done. @throws what SQLite or the log says; damage is mended */
  async step(): Promise<boolean> {
    // The log makes the folder with its first entry.
    if (this.#log.size === 0 && !existsSync(this.#dir)) return false;
    try {
      const live = this.#open();
      const advanced = live.advance(this.#log);
      if (advanced) this.#reports.indexed(live.size);
      const rebuilt = await this.#rebuildStep();
      return this.#jobStep() || (!advanced && this.#sealStep(live)) || advanced || rebuilt;
    } catch (error) {
      if (!isIndexDamage(error)) throw error;
      this.damaged(describeError(error));
      return true;
    }
  }

  /** The file is thrown away and made again; what it has so far can be searched meanwhile. */
  damaged(reason: string): void {
    this.#tellFlaw(reason);
    this.#live?.close();
    this.#sealing = undefined;
    for (const job of this.#jobs) job.running = undefined;
    this.#live = IndexBuilder.create(this.#dir, this.#path);
    this.#reports.exchanged();
    this.#reports.indexed(0);
  }

  reindex(): Promise<{ entries: number; durationMs: number }> {
    if (this.#rebuild === undefined) {
      const startedMs = Date.now();
      const builder = IndexBuilder.create(this.#dir, `${this.#path}.new`);
      const done = Promise.withResolvers<{ entries: number; durationMs: number }>();
      this.#rebuild = { builder, startedMs, toldMs: startedMs, done };
      this.#reports.log('info', 'the index is made again', { entries: this.#log.size });
    }
    return this.#rebuild.done.promise;
  }

  forget(erased: Erased): Promise<undefined> {
    const done = Promise.withResolvers<undefined>();
    this.#jobs.push({ steps: () => this.#forgetSteps(erased), done, running: undefined });
    return done.promise;
  }

  close(): void {
    const stops = searchErrors.audit_index_unavailable('swarmd stops.');
    this.#rebuild?.done.reject(stops);
    for (const job of this.#jobs) job.done.reject(stops);
    this.#rebuild?.builder.close();
    if (this.#live?.db.isOpen === true) closeWithSeal(this.#live.db, this.#path);
    if (existsSync(`${this.#path}.new`)) removeIndexFile(`${this.#path}.new`);
  }

  #open(): IndexBuilder {
    if (this.#live !== undefined) return this.#live;
    // One that nobody is making was left by a crash.
    if (this.#rebuild === undefined) removeIndexFile(`${this.#path}.new`);
    this.#live = IndexBuilder.open({ dir: this.#dir, path: this.#path, log: this.#log }, (reason) =>
      this.#tellFlaw(reason),
    );
    dropUnfinished(this.#live);
    this.#reports.exchanged();
    this.#reports.indexed(this.#live.size);
    return this.#live;
  }

  *#forgetSteps(erased: Erased): Generator<void> {
    if (this.#live !== undefined) yield* forgetErased(this.#live, erased);
    if (this.#rebuild !== undefined) yield* forgetErased(this.#rebuild.builder, erased);
  }

  #jobStep(): boolean {
    const [job] = this.#jobs;
    if (job === undefined) return false;
    job.running ??= job.steps();
    const again = () => {
      job.running = undefined;
    };
    if (nextStep(job.running, again)) {
      this.#jobs.shift();
      job.done.resolve(undefined);
    }
    return true;
  }

  #sealStep(live: IndexBuilder): boolean {
    if (this.#sealing === undefined) {
      const [shard] = unsealedShards(live);
      if (shard === undefined) return false;
      this.#sealing = sealShard(live, shard);
    }
    const stop = () => {
      this.#sealing = undefined;
    };
    if (nextStep(this.#sealing, stop)) stop();
    return true;
  }

  async #rebuildStep(): Promise<boolean> {
    const rebuild = this.#rebuild;
    if (rebuild === undefined) return false;
    const { builder, startedMs, done } = rebuild;
    try {
      if (builder.advance(this.#log)) {
        if (Date.now() - rebuild.toldMs >= PROGRESS_EVERY_MS) {
          rebuild.toldMs = Date.now();
          const fields = { done: builder.size, entries: this.#log.size };
          this.#reports.log('info', 'the index is being made again', fields);
        }
        return true;
      }
      // A job may be in the middle of either file.
      if (this.#jobs.length > 0) return false;
      await this.#exchange(builder);
      const durationMs = Date.now() - startedMs;
      this.#reports.log('info', 'the index was made again', { entries: builder.size, durationMs });
      done.resolve({ entries: builder.size, durationMs });
    } catch (error) {
      builder.close();
      removeIndexFile(`${this.#path}.new`);
      done.reject(
        searchErrors.audit_index_unavailable(
          `The index could not be made again: ${describeError(error)}.`,
          { cause: error },
        ),
      );
    }
    this.#rebuild = undefined;
    return true;
  }

  /** No journal may be left of either file: SQLite would take it for the other's. */
  async #exchange(builder: IndexBuilder): Promise<void> {
    builder.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    builder.close();
    await this.#reports.release();
    try {
      this.#live?.close();
      this.#live = undefined;
      this.#sealing = undefined;
      removeIndexFile(this.#path);
      renameSync(`${this.#path}.new`, this.#path);
    } finally {
      this.#reports.exchanged();
    }
  }

  #tellFlaw(reason: string): void {
    const told = this.#toldFlaw;
    if (told?.reason === reason && Date.now() - told.atMs < TELL_FLAW_EVERY_MS) return;
    this.#toldFlaw = { reason, atMs: Date.now() };
    this.#reports.log('warn', 'the index cannot be used and is made again', { reason });
  }
}

/** @param failed a generator that threw says that it is done: it has to be begun anew */
function nextStep(steps: Generator<void>, failed: () => void): boolean {
  try {
    return steps.next().done === true;
  } catch (error) {
    failed();
    throw error;
  }
}
