/**
 * Bodies from outside on their way to the writer's thread, two at a time: calls wait there behind
 * whatever was sent before them.
 */
import { auditErrors } from '../errors.ts';

/** One is read while the other waits for the disk. */
const AT_ONCE = 2;
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

export class IngestTurns {
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #waitingBytes = 0;

  /** @throws audit_unavailable when too much waits already */
  async take<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#running < AT_ONCE) this.#running++;
    else await this.#wait(bytes);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async #wait(bytes: number): Promise<void> {
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES)
      throw auditErrors.audit_unavailable('Too many events from outside wait to be taken.');
    this.#waitingBytes += bytes;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#waitingBytes -= bytes;
  }
}
