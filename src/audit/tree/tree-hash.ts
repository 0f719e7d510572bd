/** Hashes of RFC 9162, 2.1.1, with SHA-256. */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** Root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

const LEAF_PREFIX = Buffer.of(0x00);

export function hashLeaf(entry: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF_PREFIX, entry]), 'buffer');
}

/**
 * The leaf hash of bytes that lie inside a larger buffer, without copying them: the byte before
 * them becomes the prefix for a moment. `start` must be at least 1.
 */
export function hashLeafInPlace(buffer: Buffer, start: number, end: number): Buffer {
  const before = buffer[start - 1] ?? 0;
  buffer[start - 1] = 0x00;
  const result = hash('sha256', buffer.subarray(start - 1, end), 'buffer');
  buffer[start - 1] = before;
  return result;
}

const node = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return hash('sha256', node, 'buffer');
}
