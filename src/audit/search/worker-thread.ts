/** A worker of the search: started again when it ends by itself, or only while it is needed. */
import { Worker } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { searchErrors } from './errors.ts';
import { type CallTable, WaitingCalls } from './thread-calls.ts';
import type { IndexerData, LogLine } from './thread-messages.ts';

const RESTART_MS = 500;

export interface WorkerThreadOptions<Event> {
  readonly file: URL;
  readonly data: IndexerData;
  readonly log: Logger;
  /** It starts with the first call and ends so long after the last; absent: it is always there. */
  readonly idleMs?: number;
  onEvent(event: Event): void;
  /** Also after the first start. */
  onStart(): void;
}

export class WorkerThread<Table extends CallTable, Event extends { readonly kind: string }> {
  readonly #options: WorkerThreadOptions<Exclude<Event, LogLine>>;
  readonly #calls = new WaitingCalls<Table>();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WorkerThreadOptions<Exclude<Event, LogLine>>) {
    this.#options = options;
    if (options.idleMs === undefined) this.#start();
  }

  /** @throws audit_index_unavailable while the thread is not there; what the call throws */
  call<Name extends keyof Table & string>(
    method: Name,
    args: Table[Name]['args'],
  ): Promise<Table[Name]['result']> {
    const isOnDemand = this.#options.idleMs !== undefined;
    if (isOnDemand && this.#worker === undefined && !this.#isClosed) this.#start();
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(threadEnded());
    const answer = this.#calls.ask((message) => worker.postMessage(message), method, args);
    this.#endWhenIdle();
    return answer;
  }

  /** For what a thread that is not there need not be told. */
  async callIfThere<Name extends keyof Table & string>(
    method: Name,
    args: Table[Name]['args'],
  ): Promise<void> {
    if (this.#worker !== undefined) await this.call(method, args);
  }

  post(message: unknown): void {
    this.#worker?.postMessage(message);
  }

  /** Ends it in the middle of whatever it does; it is started again. */
  async interrupt(): Promise<void> {
    await this.#worker?.terminate();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(): void {
    const { file, data } = this.#options;
    const worker = new Worker(file, { workerData: data });
    this.#worker = worker;
    worker.on('message', (message: unknown) => {
      if (!this.#calls.take(message)) this.#take(message as Event);
    });
    worker.on('error', (error) => {
      const reason = describeError(error);
      this.#options.log.error({ reason }, 'a thread of the audit search failed');
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#calls.failAll(threadEnded());
      if (!this.#isClosed && this.#options.idleMs === undefined)
        this.#restart = setTimeout(() => this.#start(), RESTART_MS);
    });
    this.#options.onStart();
  }

  #endWhenIdle(): void {
    const { idleMs } = this.#options;
    if (idleMs === undefined) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#calls.size > 0) {
        this.#endWhenIdle();
        return;
      }
      const worker = this.#worker;
      this.#worker = undefined;
      void worker?.terminate();
    }, idleMs).unref();
  }

  #take(event: Event): void {
    if (!isLogLine(event)) {
      this.#options.onEvent(event as Exclude<Event, LogLine>);
      return;
    }
    this.#options.log[event.level](event.fields, event.message);
  }
}

function isLogLine(event: { readonly kind: string }): event is LogLine {
  return event.kind === 'log';
}

function threadEnded(): Error {
  return searchErrors.audit_index_unavailable('A thread of the audit search is being started.');
}
