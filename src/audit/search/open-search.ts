/** The search of the audit log, seen from the main thread: two workers and what goes between them. */
import type { Logger } from '../../base/logger.ts';
import { DEFAULT_WORKSPACE } from '../../contracts/actor.ts';
import { type EventTerms, MAX_EVENT_LIMIT } from '../../contracts/event-query.ts';
import type { AuditSearch, CommittedLog, LogWriter } from '../ports.ts';
import { searchErrors } from './errors.ts';
import { followEvents } from './follow-events.ts';
import { followOutcomes } from './follow-outcomes.ts';
import { IndexedSizes } from './indexed-sizes.ts';
import { listOpenIntents } from './list-open-intents.ts';
import { eventMatcher } from './match-terms.ts';
import { streamEntries } from './stream-entries.ts';
import type {
  FromIndexer,
  FromQuery,
  IndexerCalls,
  LogLine,
  QueryCalls,
} from './thread-messages.ts';
import { WorkerThread } from './worker-thread.ts';

export interface SearchOptions {
  /** SWARM_HOME/audit */
  readonly dir: string;
  readonly writer: Pick<LogWriter, 'committed' | 'onCommitted' | 'state'>;
  readonly log: Logger;
}

const DEFAULT_LIMIT = 50;
/** Longer than any query may take: the thread hangs in one statement. */
const MAX_ANSWER_MS = 20_000;
/** A thread that nobody asks costs memory: about 12 MB. */
const QUERY_IDLE_MS = 60_000;
/** After a start that has much to index: an intent may have a completion further on. */
const MAX_CATCH_UP_MS = 600_000;

export class Search implements AuditSearch {
  readonly #writer: SearchOptions['writer'];
  readonly #indexer: WorkerThread<IndexerCalls, FromIndexer>;
  readonly #query: WorkerThread<QueryCalls, FromQuery>;
  readonly #sizes = new IndexedSizes();
  /** Workspaces whose file is being made again: one report of damage is enough. */
  readonly #damaged = new Set<string>();
  readonly #logs = new Map<string, CommittedLog>();
  readonly #closed = new AbortController();
  readonly #unsubscribe: () => void;

  constructor({ dir, writer, log }: SearchOptions) {
    this.#writer = writer;
    this.#indexer = new WorkerThread({
      file: new URL('./indexer-thread.ts', import.meta.url),
      data: { dir },
      log,
      onEvent: (event) => void this.#fromIndexer(event),
      onStart: () => queueMicrotask(() => this.#tellAll()),
    });
    this.#query = new WorkerThread({
      file: new URL('./query-thread.ts', import.meta.url),
      data: { dir },
      log,
      idleMs: QUERY_IDLE_MS,
      onEvent: (event) => this.#fromQuery(event),
      onStart: () => undefined,
    });
    // Of a log that could not be opened nobody knows the size: its index stays as it is, to be read.
    if (writer.state().available)
      // A log that is not open yet seems empty; its index is searched as it is until it says more.
      this.#logs.set(DEFAULT_WORKSPACE, writer.committed(DEFAULT_WORKSPACE));
    this.#unsubscribe = writer.onCommitted((workspaceId, committed) => {
      this.#logs.set(workspaceId, committed);
      this.#indexer.post({ kind: 'committed', workspaceId, log: committed });
    });
  }

  async list(
    workspaceId: string,
    terms: EventTerms,
    page: { readonly order?: 'asc' | 'desc'; readonly limit?: number; readonly cursor?: string },
  ) {
    const { order = 'desc', limit = DEFAULT_LIMIT, cursor } = page;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_EVENT_LIMIT)
      throw searchErrors.event_query_invalid(`A page has 1 to ${MAX_EVENT_LIMIT} events.`);
    return this.#ask('list', { workspaceId, terms, order, limit, cursor });
  }

  async get(workspaceId: string, id: string) {
    return this.#ask('get', { workspaceId, id });
  }

  async run(workspaceId: string, runId: string) {
    return this.#ask('run', { workspaceId, runId });
  }

  follow(workspaceId: string, terms: EventTerms, how: Parameters<AuditSearch['follow']>[2]) {
    // Said at once, and not when the first event is asked for.
    eventMatcher(terms);
    const signal = AbortSignal.any([how.signal, this.#closed.signal]);
    const afterSeq = how.afterSeq ?? this.#writer.committed(workspaceId).size - 1;
    return followEvents({
      afterSeq,
      signal,
      sizes: this.#sizes,
      workspaceId,
      ...(how.onThrough !== undefined && { onThrough: how.onThrough }),
      ask: (page, position) => {
        const log = this.#followable(workspaceId);
        return this.#ask('follow', { workspaceId, terms, page, position, log });
      },
    });
  }

  followOutcomes(
    workspaceId: string,
    how: { readonly nowMs: number; readonly signal: AbortSignal },
  ) {
    return followOutcomes({
      ...{ workspaceId, nowMs: how.nowMs, sizes: this.#sizes },
      signal: AbortSignal.any([how.signal, this.#closed.signal]),
      list: (...asked) => this.list(...asked),
      log: () => this.#writer.committed(workspaceId),
      isLogOpen: () =>
        this.#writer.committed(workspaceId).size > 0 || this.#writer.state().available,
      indexedLog: () => this.#followable(workspaceId),
      ask: (method, args) =>
        this.#ask(method, { ...args, workspaceId } as QueryCalls[typeof method]['args']),
    });
  }

  entries(
    workspaceId: string,
    terms: EventTerms,
    how: { readonly size: number; readonly signal?: AbortSignal },
  ) {
    return streamEntries({
      size: how.size,
      signal: how.signal,
      ask: (page) => this.#ask('entries', { workspaceId, terms, page, size: how.size }),
    });
  }

  async openIntents(workspaceId: string, size: number) {
    await this.caughtUp(workspaceId, size, { timeoutMs: MAX_CATCH_UP_MS });
    return listOpenIntents((page) => this.#ask('openIntents', { workspaceId, page, size }));
  }

  indexed(workspaceId: string): number {
    return this.#sizes.of(workspaceId);
  }

  async caughtUp(workspaceId: string, size: number, { timeoutMs }: { readonly timeoutMs: number }) {
    const signal = this.#closed.signal;
    if (await this.#sizes.reached(workspaceId, size, { timeoutMs, signal })) return;
    throw searchErrors.audit_index_unavailable(
      `The index has ${this.indexed(workspaceId)} of ${size} entries after ${timeoutMs} ms.`,
    );
  }

  async reindex(workspaceId: string) {
    return this.#indexer.call('reindex', { workspaceId });
  }

  async forget(workspaceId: string, erased: Parameters<AuditSearch['forget']>[1]): Promise<void> {
    await this.#indexer.call('forget', { workspaceId, erased });
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#unsubscribe();
    // A thread that is not there has nothing to close.
    await this.#query.callIfThere('close', undefined).catch(() => undefined);
    await this.#query.close();
    await this.#indexer.call('close', undefined).catch(() => undefined);
    await this.#indexer.close();
  }

  /** A thread that hangs is ended, with all that waits for it, and started again. */
  async #ask<Name extends keyof QueryCalls & string>(
    method: Name,
    args: QueryCalls[Name]['args'],
  ): Promise<QueryCalls[Name]['result']> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      void this.#query.interrupt();
    }, MAX_ANSWER_MS);
    try {
      return await this.#query.call(method, args);
    } catch (error) {
      if (isLate)
        throw searchErrors.event_query_too_slow(
          `The query took longer than ${MAX_ANSWER_MS / 1000} seconds and was ended.`,
          { cause: error },
        );
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Entries up to what is indexed: completions find their intents there. */
  #followable(workspaceId: string): CommittedLog {
    const { end } = this.#writer.committed(workspaceId);
    return { size: this.#sizes.of(workspaceId), end };
  }

  #tellAll(): void {
    this.#damaged.clear();
    for (const [workspaceId, log] of this.#logs)
      this.#indexer.post({ kind: 'committed', workspaceId, log });
  }

  async #fromIndexer(event: Exclude<FromIndexer, LogLine>): Promise<void> {
    const { workspaceId } = event;
    if (event.kind === 'indexed') this.#sizes.set(workspaceId, event.size);
    else if (event.kind === 'release') {
      // A query thread that is not there has no file open.
      await this.#query.callIfThere('release', { workspaceId }).catch(() => undefined);
      this.#indexer.post({ kind: 'released', workspaceId });
    } else {
      this.#damaged.delete(workspaceId);
      await this.#query.callIfThere('reopen', { workspaceId }).catch(() => undefined);
    }
  }

  #fromQuery({ workspaceId, reason }: Exclude<FromQuery, LogLine>): void {
    // Of a log that cannot be opened no index can be made: the one that is there tells what it can.
    if (this.#damaged.has(workspaceId) || !this.#writer.state().available) return;
    this.#damaged.add(workspaceId);
    this.#indexer.post({ kind: 'damaged', workspaceId, reason });
  }
}

/** Follows every commit of the writer from now on; what came before is caught up with. */
export async function openSearch(options: SearchOptions): Promise<AuditSearch> {
  return new Search(options);
}
