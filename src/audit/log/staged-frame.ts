/** Entries that wait for their commit, encoded already. */
import { HASH_BYTES, hashLeafInPlace } from '../tree/tree-hash.ts';
import type { EncodedEntry } from './encode-entry.ts';
import { DIRECTORY_ENTRY_BYTES } from './segment-format.ts';

/** A frame takes no more entries once it has so many bytes: what waits longer commits by itself. */
const FULL_BYTES = 4 * 1024 * 1024;
const FULL_ENTRIES = 10_000;
const FIRST_BYTES = 16 * 1024;
/** Room for the prefix of the first leaf's hash. */
const BEFORE_LEAVES = 1;

export class StagedFrame {
  /** Sequence number of the first entry. */
  readonly first: number;
  #leaves = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #leavesEnd = BEFORE_LEAVES;
  #directory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  readonly #payloads: Buffer[] = [];
  #payloadsBytes = 0;
  readonly #leafHashes: Buffer[] = [];

  constructor(first: number) {
    this.first = first;
  }

  get count(): number {
    return this.#leafHashes.length;
  }

  get isFull(): boolean {
    return (
      this.#leavesEnd + this.#payloadsBytes >= FULL_BYTES || this.#leafHashes.length >= FULL_ENTRIES
    );
  }

  get leafHashes(): readonly Buffer[] {
    return this.#leafHashes;
  }

  get directory(): Buffer {
    return this.#directory.subarray(0, this.count * DIRECTORY_ENTRY_BYTES);
  }

  get leaves(): Buffer {
    return this.#leaves.subarray(BEFORE_LEAVES, this.#leavesEnd);
  }

  get payloads(): Buffer {
    return Buffer.concat(this.#payloads);
  }

  add({ leaf, payload }: EncodedEntry): void {
    const start = this.#leavesEnd;
    this.#leaves = withRoom(this.#leaves, start, leaf.length * 3);
    const end = start + this.#leaves.write(leaf, start);
    const leafHash = hashLeafInPlace(this.#leaves, start, end);
    const at = this.count * DIRECTORY_ENTRY_BYTES;
    this.#directory = withRoom(this.#directory, at, DIRECTORY_ENTRY_BYTES);
    leafHash.copy(this.#directory, at);
    this.#directory.writeUInt32LE(end - start, at + HASH_BYTES);
    this.#directory.writeUInt32LE(payload?.length ?? 0, at + HASH_BYTES + 4);
    if (payload !== undefined) {
      this.#payloads.push(payload);
      this.#payloadsBytes += payload.length;
    }
    this.#leavesEnd = end;
    this.#leafHashes.push(leafHash);
  }
}

function withRoom(buffer: Buffer<ArrayBuffer>, used: number, needed: number): Buffer<ArrayBuffer> {
  if (used + needed <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + needed));
  buffer.copy(larger, 0, 0, used);
  return larger;
}
