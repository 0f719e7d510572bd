/** The writer's thread as a thing that ends and is started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describeError, type SwarmError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { auditErrors } from '../errors.ts';
import type { FromWriter, ToWriter, WriterThreadData } from './writer-messages.ts';

export interface WriterThreadOptions {
  readonly log: Logger;
  readonly program: URL | undefined;
  data(): Omit<WriterThreadData, 'before'>;
  nowMs(): number;
  onMessage(message: FromWriter): void;
  /** It ended without being told to; another one is started soon. */
  onEnd(reason: string): void;
}

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 10_000;
/** After a thread that lasted so long, waits begin anew. */
const LASTING_MS = 60_000;
/** A disk may take its time with the last commit and the last tiles. */
const CLOSE_TIMEOUT_MS = 30_000;

export class WriterThread {
  /** Of the first thread. */
  readonly opened: Promise<void>;
  /** Events that were refused since the last thread ended. */
  refused = 0;
  readonly #options: WriterThreadOptions;
  #worker: Worker | undefined;
  #isClosing = false;
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(options: WriterThreadOptions) {
    this.#options = options;
    this.opened = new Promise((resolve, reject) => {
      this.#start(undefined, { onReady: resolve, onFirstEnd: reject });
    });
  }

  /** To a thread that has ended: nothing happens, whoever waits was told. */
  post(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  /** Lets it commit and publish what waits; ends it by force when that takes too long. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ type: 'close' } satisfies ToWriter);
    const timeout = new AbortController();
    const late = sleep(CLOSE_TIMEOUT_MS, 'late', { signal: timeout.signal }).catch(() => undefined);
    if ((await Promise.race([ended, late])) === 'late') {
      this.#options.log.error('the audit log did not close in time; what it had committed is safe');
      await worker.terminate();
    }
    timeout.abort();
  }

  #start(
    before: WriterThreadData['before'],
    first: { onReady(): void; onFirstEnd(error: SwarmError): void },
  ): void {
    const startedMs = performance.now();
    const workerData: WriterThreadData = { ...this.#options.data(), before };
    const program = this.#options.program ?? new URL('./writer-worker.ts', import.meta.url);
    const worker = new Worker(program, { workerData, name: 'audit-writer' });
    this.#worker = worker;
    let failure: unknown;
    worker.on('message', (message: FromWriter) => {
      if (message.type === 'ready') first.onReady();
      this.#options.onMessage(message);
    });
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', (code) => {
      this.#worker = undefined;
      if (this.#isClosing) return;
      const why =
        failure === undefined ? `with code ${code}` : `by an error: ${describeError(failure)}`;
      const reason = `The audit log's thread ended ${why}.`;
      this.#options.log.error({ err: failure }, reason);
      first.onFirstEnd(auditErrors.audit_unavailable(reason, { cause: failure }));
      this.#startAgain(reason, { lastedMs: performance.now() - startedMs });
    });
  }

  #startAgain(reason: string, { lastedMs }: { lastedMs: number }): void {
    const sinceMs = this.#options.nowMs();
    this.#options.onEnd(reason);
    if (lastedMs > LASTING_MS) this.#restartMs = FIRST_RESTART_MS;
    this.#restartTimer = setTimeout(() => {
      const before = { reason, sinceMs, refused: this.refused };
      this.refused = 0;
      this.#start(before, { onReady: () => undefined, onFirstEnd: () => undefined });
    }, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, LAST_RESTART_MS);
  }
}
