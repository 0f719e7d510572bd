/**
 * Consistency proofs (RFC 9162, section 2.1.4.1) made from the log’s tiles (C2SP tlog-tiles). What
 * the tiles say is believed by nobody: the proof made of them is checked against both roots.
 */
import type { Bytes } from './bytes.ts';
import { ProofProblem } from './proof-problem.ts';
import { HASH_BYTES, leftSize, nodeHash } from './tree-hash.ts';

const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** @param path such as tile/0/x001/234.p/5. @returns undefined when there is none */
export type ReadTile = (path: string) => Promise<Uint8Array | undefined>;

export function tilePath(tile: { level: number; index: number; width: number }): string {
  let name = String(tile.index % 1000).padStart(3, '0');
  for (let rest = Math.floor(tile.index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    name = `x${String(rest % 1000).padStart(3, '0')}/${name}`;
  const partial = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`;
  return `tile/${tile.level}/${name}${partial}`;
}

/** @throws ProofProblem when a tile that it needs is not there, and what `readTile` throws */
export async function consistencyFromTiles(
  readTile: ReadTile,
  olderSize: number,
  newerSize: number,
): Promise<Bytes[]> {
  if (olderSize === 0 || olderSize >= newerSize) return [];
  const tiles = new TileTree(readTile, newerSize);
  const hashes: Bytes[] = [];
  // From the root downwards; the proof begins at the other end.
  let [begin, end] = [0, newerSize];
  while (end !== olderSize) {
    const split = begin + leftSize(end - begin);
    if (olderSize <= split) {
      hashes.push(await tiles.root(split, end));
      end = split;
    } else {
      hashes.push(await tiles.root(begin, split));
      begin = split;
    }
  }
  if (begin > 0) hashes.push(await tiles.root(begin, end));
  return hashes.reverse();
}

class TileTree {
  readonly #readTile: ReadTile;
  readonly #size: number;
  readonly #read = new Map<string, Promise<Uint8Array>>();

  constructor(readTile: ReadTile, size: number) {
    this.#readTile = readTile;
    this.#size = size;
  }

  /** Root over the leaves from `begin` up to, not including, `end`. */
  async root(begin: number, end: number): Promise<Bytes> {
    const leaves = end - begin;
    let height = 0;
    let complete = 1;
    while (complete < leaves) {
      complete *= 2;
      height += 1;
    }
    if (complete === leaves) return this.#complete(height, begin / complete);
    const split = begin + leftSize(leaves);
    return nodeHash(await this.root(begin, split), await this.root(split, end));
  }

  async #complete(height: number, index: number): Promise<Bytes> {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height % TILE_HEIGHT);
    const first = index * count;
    const tile = await this.#tile(level, Math.floor(first / TILE_WIDTH));
    let hashes = Array.from({ length: count }, (_, i) => {
      const at = ((first % TILE_WIDTH) + i) * HASH_BYTES;
      return tile.slice(at, at + HASH_BYTES);
    });
    while (hashes.length > 1) hashes = await parents(hashes);
    const [root] = hashes;
    if (root?.length !== HASH_BYTES) throw new ProofProblem('A tile of the log is too short.');
    return new Uint8Array(root);
  }

  #tile(level: number, index: number): Promise<Uint8Array> {
    const total = Math.floor(this.#size / TILE_WIDTH ** level);
    const width = Math.min(TILE_WIDTH, total - index * TILE_WIDTH);
    const path = tilePath({ level, index, width });
    const known = this.#read.get(path) ?? this.#readOrLarger({ level, index, width });
    this.#read.set(path, known);
    return known;
  }

  /** A partial tile makes way for the full one. */
  async #readOrLarger(tile: { level: number; index: number; width: number }) {
    const found =
      (await this.#readTile(tilePath(tile))) ??
      (await this.#readTile(tilePath({ ...tile, width: TILE_WIDTH })));
    if (found === undefined) throw new ProofProblem(`The log has no ${tilePath(tile)}.`);
    return found;
  }
}

async function parents(hashes: readonly Uint8Array[]): Promise<Bytes[]> {
  const above: Bytes[] = [];
  for (let i = 0; i < hashes.length; i += 2) {
    const [left, right] = [hashes[i], hashes[i + 1]];
    if (left === undefined || right === undefined) break;
    above.push(await nodeHash(left, right));
  }
  return above;
}
