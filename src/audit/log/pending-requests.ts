/** What was asked of the writer's thread and not answered yet. */
import { SwarmError } from '../../base/errors.ts';
import type { Reply } from './writer-messages.ts';

export interface PendingRequest {
  /** As far as it is known. */
  readonly events: number;
  readonly bytes: number;
  resolve(result: unknown): void;
  reject(error: SwarmError): void;
}

/** What may wait for the disk; then calls are refused instead of filling the memory. */
const MAX_PENDING_BYTES = 256 * 1024 * 1024;

export class PendingRequests {
  readonly #requests = new Map<number, PendingRequest>();
  #lastId = 0;
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= MAX_PENDING_BYTES;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  add(id: number, request: PendingRequest): void {
    this.#requests.set(id, request);
    this.#bytes += request.bytes;
  }

  settle(reply: Reply): void {
    const request = this.#requests.get(reply.request);
    if (request === undefined) return;
    this.#requests.delete(reply.request);
    this.#bytes -= request.bytes;
    if ('result' in reply) request.resolve(reply.result);
    else {
      const { code, message, ...declaration } = reply.error;
      const { details } = declaration;
      request.reject(new SwarmError(code, declaration, message, { details }));
    }
  }

  /** @returns how many events that were */
  rejectAll(error: SwarmError): number {
    let events = 0;
    for (const request of this.#requests.values()) {
      events += request.events;
      request.reject(error);
    }
    this.#requests.clear();
    this.#bytes = 0;
    return events;
  }
}
