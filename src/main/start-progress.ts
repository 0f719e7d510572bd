import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Readiness } from '../contracts/requests.ts';

/** What GET /readyz says: each part of swarmd, whether it is ready, and what it waits for. */
export class StartProgress {
  readonly #parts = new Map<string, { ready: boolean; detail: string | null; failed?: true }>();
  readonly #log: Logger;
  readonly #onFailed: (name: string, detail: string) => void;

  constructor(
    names: readonly string[],
    options: { log: Logger; onFailed: (name: string, detail: string) => void },
  ) {
    this.#onFailed = options.onFailed;
    for (const name of names) this.#parts.set(name, { ready: false, detail: null });
    this.#log = options.log;
  }

  begin(name: string, detail: string): void {
    this.#parts.set(name, { ready: false, detail });
    this.#log.info({ part: name }, detail);
  }

  ready(name: string): void {
    this.#parts.set(name, { ready: true, detail: null });
    this.#log.info({ part: name }, 'ready');
  }

  failed(name: string, error: unknown): void {
    const detail = describeError(error).slice(0, 1_000);
    this.#parts.set(name, { ready: false, detail, failed: true });
    this.#log.error({ part: name, err: error }, 'not ready');
    this.#onFailed(name, detail);
  }

  isReady(name: string): boolean {
    return this.#parts.get(name)?.ready === true;
  }

  readiness(): Readiness {
    const parts = [...this.#parts].map(([name, state]) => ({ name, ...state }));
    return { ready: parts.every((part) => part.ready), parts };
  }
}
