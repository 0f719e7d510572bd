import { createHash, type Hash } from 'node:crypto';
import type { CapturedBody, PayloadPolicy } from './trail.ts';

/** Bodies up to this size are hashed on the log's thread; longer ones here, as they pass. */
const HASHED_LATER_BYTES = 65_536;

/**
 * Keeps the beginning of a body that streams by, as much as its policy wants, and counts the rest.
 * What is kept is copied: a chunk is a view of a connection's buffer, which a few bytes would hold.
 */
export class BodyCapture {
  totalBytes = 0;
  readonly #limit: number;
  readonly #hashes: boolean;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #hash: Hash | undefined;

  constructor(policy: PayloadPolicy | undefined) {
    this.#hashes = policy?.policy === 'hash';
    if (policy === undefined || policy.policy === 'none') this.#limit = 0;
    else this.#limit = this.#hashes ? HASHED_LATER_BYTES : policy.maxBytes;
  }

  add(chunk: Uint8Array): void {
    this.totalBytes += chunk.length;
    if (this.#hashes && this.totalBytes > this.#limit) {
      if (this.#hash === undefined) {
        this.#hash = createHash('sha256');
        for (const kept of this.#kept) this.#hash.update(kept);
      }
      this.#hash.update(chunk);
      return;
    }
    const room = this.#limit - this.#keptBytes;
    if (room <= 0) return;
    const kept = Buffer.from(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#kept.push(kept);
    this.#keptBytes += kept.length;
  }

  /** undefined: nothing passed. Call it once, at the end. */
  take(headers: {
    readonly contentType: string | undefined;
    readonly contentEncoding: string | undefined;
  }): CapturedBody | undefined {
    if (this.totalBytes === 0) return undefined;
    const [first] = this.#kept;
    return {
      head:
        first !== undefined && this.#kept.length === 1
          ? first
          : Buffer.concat(this.#kept, this.#keptBytes),
      totalBytes: this.totalBytes,
      ...(headers.contentType !== undefined && { contentType: headers.contentType }),
      ...(headers.contentEncoding !== undefined && { contentEncoding: headers.contentEncoding }),
      ...(this.#hash !== undefined && { sha256: this.#hash.digest('hex') }),
    };
  }
}
