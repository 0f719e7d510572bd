/** Inclusion and consistency proofs of RFC 9162, 2.1.3 and 2.1.4, computed from tiles. */
import { auditErrors } from '../errors.ts';
import { TILE_WIDTH, type TileName, tileAt, tilePath } from './tile-path.ts';
import type { TileSource } from './tile-source.ts';
import { HASH_BYTES, hashNode } from './tree-hash.ts';

/** Leaves from `begin` up to, not including, `end`. */
interface LeafRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * The hashes from the leaf's sibling up to the root's child.
 * @param size of the tree; every tile of that tree must be there
 * @throws audit_proof_unavailable
 */
export async function inclusionProof(
  source: TileSource,
  seq: number,
  size: number,
): Promise<Buffer[]> {
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(size) || seq < 0 || seq >= size)
    throw auditErrors.audit_proof_unavailable(`A tree of ${size} entries has no entry ${seq}.`);
  return await hashesOf(source, inclusionRanges(seq, { begin: 0, end: size }), size);
}

/**
 * That the tree of `oldSize` leaves is the beginning of the one of `size` leaves.
 * @throws audit_proof_unavailable
 */
export async function consistencyProof(
  source: TileSource,
  oldSize: number,
  size: number,
): Promise<Buffer[]> {
  if (
    !Number.isSafeInteger(oldSize) ||
    !Number.isSafeInteger(size) ||
    oldSize < 0 ||
    oldSize > size
  )
    throw auditErrors.audit_proof_unavailable(
      `A tree of ${size} entries does not contain one of ${oldSize}.`,
    );
  if (oldSize === 0 || oldSize === size) return [];
  return await hashesOf(source, consistencyRanges(oldSize, size), size);
}

/** The root of the first `size` leaves. @throws audit_proof_unavailable */
export async function rootFromTiles(source: TileSource, size: number): Promise<Buffer> {
  const [root] = await hashesOf(source, [{ begin: 0, end: size }], size);
  if (root === undefined) throw new Error('a tree without leaves has no tiles');
  return root;
}

/** PATH(m, D[n]) of RFC 9162, as the ranges whose roots are the proof. */
function inclusionRanges(seq: number, tree: LeafRange): LeafRange[] {
  const ranges: LeafRange[] = [];
  let { begin, end } = tree;
  while (end - begin > 1) {
    const split = begin + leftSize(end - begin);
    if (seq < split) {
      ranges.unshift({ begin: split, end });
      end = split;
    } else {
      ranges.unshift({ begin, end: split });
      begin = split;
    }
  }
  return ranges;
}

/** SUBPROOF(m, D[n], true) of RFC 9162, as the ranges whose roots are the proof. */
function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let begin = 0;
  let end = size;
  while (end !== oldSize) {
    const split = begin + leftSize(end - begin);
    if (oldSize <= split) {
      ranges.unshift({ begin: split, end });
      end = split;
    } else {
      ranges.unshift({ begin, end: split });
      begin = split;
    }
  }
  // The old tree's own root is known to who asks; a subtree of it is not.
  if (begin > 0) ranges.unshift({ begin, end });
  return ranges;
}

/** The largest power of two below n; n is at least 2. */
function leftSize(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

/** A run of hashes of one tile: their root is the root of a complete subtree. */
interface TileRun {
  readonly tile: TileName;
  readonly from: number;
  readonly count: number;
}

async function hashesOf(
  source: TileSource,
  ranges: readonly LeafRange[],
  size: number,
): Promise<Buffer[]> {
  const runs = ranges.map((range) => completeSubtrees(range).map((sub) => runOf(sub, size)));
  const tiles = new Map<string, Buffer>();
  for (const { tile } of runs.flat()) {
    const path = tilePath(tile);
    if (!tiles.has(path)) tiles.set(path, await source.readTile(tile));
  }
  return runs.map((subtrees) =>
    subtrees
      .map((run) => rootOfRun(tiles.get(tilePath(run.tile)), run))
      .reduceRight((right, left) => hashNode(left, right)),
  );
}

/** Complete subtrees that a range of the tree consists of, largest first. */
function completeSubtrees({ begin, end }: LeafRange): { height: number; index: number }[] {
  const subtrees: { height: number; index: number }[] = [];
  for (let at = begin; at < end; ) {
    let height = 0;
    let leaves = 1;
    while (at % (leaves * 2) === 0 && at + leaves * 2 <= end) {
      leaves *= 2;
      height++;
    }
    subtrees.push({ height, index: at / leaves });
    at += leaves;
  }
  return subtrees;
}

function runOf({ height, index }: { height: number; index: number }, size: number): TileRun {
  const level = Math.floor(height / 8);
  const count = 2 ** (height % 8);
  const first = index * count;
  return { tile: tileAt(level, first, size), from: first % TILE_WIDTH, count };
}

function rootOfRun(tile: Buffer | undefined, { from, count }: TileRun): Buffer {
  if (tile === undefined) throw new Error('a tile was not read');
  let hashes: Buffer[] = [];
  for (let i = from; i < from + count; i++)
    hashes.push(tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
  while (hashes.length > 1) {
    const parents: Buffer[] = [];
    for (let i = 0; i + 1 < hashes.length; i += 2)
      parents.push(hashNode(hashes[i] ?? tile, hashes[i + 1] ?? tile));
    hashes = parents;
  }
  return hashes[0] ?? tile;
}
