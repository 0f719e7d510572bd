import { type Bytes, isSame } from './bytes.ts';
import { nodeHash } from './tree-hash.ts';

export interface Tree {
  readonly size: number;
  readonly root: Bytes;
}

/** Whether the newer tree begins with the older one: RFC 9162, section 2.1.4.2. */
export async function isConsistent(
  older: Tree,
  newer: Tree,
  hashes: readonly Bytes[],
): Promise<boolean> {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return hashes.length === 0 && isSame(older.root, newer.root);
  if (older.size === 0) return hashes.length === 0;
  const [first, ...rest] = isPowerOfTwo(older.size) ? [older.root, ...hashes] : hashes;
  if (first === undefined) return false;
  let at = older.size - 1;
  let last = newer.size - 1;
  const up = () => {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  };
  while (at % 2 === 1) up();
  let [olderRoot, newerRoot] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      olderRoot = await nodeHash(hash, olderRoot);
      newerRoot = await nodeHash(hash, newerRoot);
      while (at % 2 === 0 && at !== 0) up();
    } else newerRoot = await nodeHash(newerRoot, hash);
    up();
  }
  return last === 0 && isSame(olderRoot, older.root) && isSame(newerRoot, newer.root);
}

function isPowerOfTwo(n: number): boolean {
  let power = 1;
  while (power < n) power *= 2;
  return power === n;
}
