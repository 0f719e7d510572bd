import type { Bytes } from './bytes.ts';
import { nodeHash } from './tree-hash.ts';

export interface Inclusion {
  readonly leaf: Bytes;
  /** Of the leaf, from 0. */
  readonly index: number;
  /** Of the tree. */
  readonly size: number;
  /** From the leaf’s sibling upwards. */
  readonly hashes: readonly Bytes[];
}

/**
 * The root that the path leads to: RFC 9162, section 2.1.3.2.
 * @returns undefined when a path to that place has another length
 */
export async function rootOfInclusion(given: Inclusion): Promise<Bytes | undefined> {
  const { leaf, index, size, hashes } = given;
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
  let at = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of hashes) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      root = await nodeHash(sibling, root);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else root = await nodeHash(root, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}
