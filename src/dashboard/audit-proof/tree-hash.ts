/** SHA-256 and the hashes of RFC 9162, section 2.1.1, by WebCrypto. */
import { type Bytes, joined } from './bytes.ts';

export const HASH_BYTES = 32;

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export function leafHash(entry: Uint8Array): Promise<Bytes> {
  return sha256(joined(Uint8Array.of(0), entry));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(joined(Uint8Array.of(1), left, right));
}

/** The largest power of two below n; n is at least 2. */
export function leftSize(n: number): number {
  let size = 1;
  while (size * 2 < n) size *= 2;
  return size;
}
