/**
 * The Merkle tree of RFC 6962 and RFC 9162 with SHA-256. Hashes are strings of 32 characters, one a
 * byte (latin1): node:crypto makes those three times as fast as Buffers.
 */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

const node = Buffer.alloc(1 + 2 * HASH_BYTES);
node[0] = 1;

export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'latin1');
}

export function nodeHash(left: string, right: string): string {
  node.write(left, 1, 'latin1');
  node.write(right, 1 + HASH_BYTES, 'latin1');
  return hash('sha256', node, 'latin1');
}

export function leafHash(entry: Uint8Array): string {
  return sha256(Buffer.concat([Buffer.of(0), entry]));
}

export const EMPTY_ROOT = sha256(new Uint8Array());

export function base64(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('base64');
}

/** Number of complete subtrees of a tree of that many leaves: the ones in its binary form. */
export function peakCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Root of the tree with these complete subtrees, largest first. */
export function rootOfPeaks(peaks: readonly string[]): string {
  let root = peaks.at(-1);
  if (root === undefined) return EMPTY_ROOT;
  for (let i = peaks.length - 2; i >= 0; i -= 1) root = nodeHash(peaks[i] ?? '', root);
  return root;
}

/** A tree that grows by leaves, known by its complete subtrees only. */
export class GrowingTree {
  /** Roots of complete subtrees, largest first. */
  readonly peaks: string[];
  /** Hashes of height 8 that were completed here, in order: the entries of tiles of level 1. */
  readonly height8: string[] = [];
  size: number;

  constructor(size: number, peaks: readonly string[]) {
    this.size = size;
    this.peaks = [...peaks];
  }

  append(leaf: string): void {
    let hashed = leaf;
    let height = 0;
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hashed = nodeHash(this.peaks.pop() ?? '', hashed);
      height += 1;
      if (height === 8) this.height8.push(hashed);
    }
    this.peaks.push(hashed);
    this.size += 1;
  }

  root(): string {
    return rootOfPeaks(this.peaks);
  }
}

/** Root of a complete subtree whose hashes, a power of two of them, lie one after the other. */
export function rootOfHashes(bytes: Buffer): string {
  const tree = new GrowingTree(0, []);
  for (let at = 0; at < bytes.length; at += HASH_BYTES)
    tree.append(bytes.toString('latin1', at, at + HASH_BYTES));
  return tree.root();
}

/**
 * Root that an inclusion proof leads to, from RFC 9162, section 2.1.3.2.
 * @returns undefined when the proof has not the length that the place demands
 */
export function rootOfInclusion(options: {
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
  /** From the leaf's sibling upwards. */
  readonly hashes: readonly string[];
}): string | undefined {
  let index = options.index;
  let last = options.size - 1;
  if (index < 0 || index > last) return undefined;
  let root = options.leaf;
  for (const sibling of options.hashes) {
    if (last === 0) return undefined;
    if (index % 2 === 1 || index === last) {
      root = nodeHash(sibling, root);
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else root = nodeHash(root, sibling);
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}
