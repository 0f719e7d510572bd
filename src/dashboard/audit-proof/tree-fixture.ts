/** A tree as RFC 9162, section 2.1.1 defines it, by the definition and nothing clever. */
import { createHash } from 'node:crypto';
import type { Bytes } from './bytes.ts';
import { tilePath } from './tile-proof.ts';

export type Leaves = readonly Bytes[];

function sha256(...parts: readonly Uint8Array[]): Bytes {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function leavesOf(count: number): Leaves {
  return Array.from({ length: count }, (_, i) =>
    sha256(Uint8Array.of(0), new TextEncoder().encode(`entry ${i}`)),
  );
}

export function rootOf(leaves: Leaves): Bytes {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  const split = splitOf(leaves.length);
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

function splitOf(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

export function pathOf(leaves: Leaves, index: number): Bytes[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...pathOf(left, index), rootOf(right)]
    : [...pathOf(right, index - split), rootOf(left)];
}

/** As tlog-tiles lays them out. */
export function tilesOf(leaves: Leaves): Map<string, Uint8Array> {
  const tiles = new Map<string, Uint8Array>();
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level += 1) {
    const above: Bytes[] = [];
    for (let index = 0; index * 256 < hashes.length; index += 1) {
      const inTile = hashes.slice(index * 256, index * 256 + 256);
      tiles.set(tilePath({ level, index, width: inTile.length }), Buffer.concat(inTile));
      if (inTile.length === 256) above.push(rootOf(inTile));
    }
    hashes = above;
  }
  return tiles;
}
