/** Tiles that no single segment can vouch for: those between two segments, and all higher levels. */
import type { Findings } from './findings.ts';
import { HASH_BYTES, rootOfHashes } from './hash-tree.ts';
import type { SegmentResult } from './segment-job.ts';
import { checkTileFile } from './tile-file.ts';
import { TILE_WIDTH, type Tile, tilePath } from './tile-path.ts';

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;
const MAX_LEVEL = 6;

interface Block {
  readonly bytes: Buffer;
  /** Hashes of it that are known: 256 when two segments or more share it. */
  width: number;
}

export class Tiles {
  readonly #height8: string[] = [];
  /** Blocks of level 0 at the edges of segments, by number. */
  readonly #edges = new Map<number, Block>();
  #size = 0;

  /** In the order of the log, without a gap. */
  add(result: SegmentResult): void {
    for (const hashed of result.height8) this.#height8.push(hashed);
    const end = result.first + result.count;
    this.#edge(result.first, result.headLeaves);
    this.#edge(end - result.tailLeaves.length / HASH_BYTES, result.tailLeaves);
    this.#size = end;
  }

  #edge(first: number, leaves: Buffer): void {
    if (leaves.length === 0) return;
    const number = Math.floor(first / TILE_WIDTH);
    let block = this.#edges.get(number);
    if (block === undefined) {
      block = { bytes: Buffer.alloc(TILE_BYTES), width: 0 };
      this.#edges.set(number, block);
    }
    leaves.copy(block.bytes, (first % TILE_WIDTH) * HASH_BYTES);
    block.width = (first % TILE_WIDTH) + leaves.length / HASH_BYTES;
  }

  /**
   * @param listed as there were before the segments were read: none may tell of more than they do
   */
  check(options: {
    readonly folder: string;
    readonly listed: readonly Tile[];
    readonly publishedSize: number;
    readonly findings: Findings;
  }): void {
    const { folder, listed, publishedSize, findings } = options;
    const widths = new Map<string, number[]>();
    for (const tile of listed) {
      const key = `${tile.level}/${tile.number}`;
      const known = widths.get(key);
      if (known === undefined) widths.set(key, [tile.width]);
      else known.push(tile.width);
    }
    for (const [number, block] of this.#edges) {
      if (block.width < TILE_WIDTH) continue;
      const tile = { level: 0, number, width: TILE_WIDTH };
      const isRequired = (number + 1) * TILE_WIDTH <= publishedSize;
      checkTileFile({ folder, tile, expected: block.bytes, isRequired, findings });
    }
    let hashes: Buffer | undefined;
    let count = this.#size;
    let published = Math.min(publishedSize, this.#size);
    for (let level = 0; level <= MAX_LEVEL; level += 1) {
      const full = Math.floor(published / TILE_WIDTH);
      const rest = published % TILE_WIDTH;
      for (let number = 0; level > 0 && number < full; number += 1) {
        const tile = { level, number, width: TILE_WIDTH };
        const expected = this.#expected(tile, hashes);
        if (expected !== undefined)
          checkTileFile({ folder, tile, expected, isRequired: true, findings });
      }
      const there = widths.get(`${level}/${full}`) ?? [];
      if (rest > 0 && !there.some((width) => width >= rest)) {
        const file = `tile/${tilePath({ level, number: full, width: rest })}`;
        findings.add({ code: 'tile_missing', message: 'the checkpoint needs this tile', file });
      }
      for (const tile of listed) {
        if (tile.level !== level) continue;
        this.#listed({ folder, tile, hashes, count, full, findings });
      }
      hashes = level === 0 ? Buffer.from(this.#height8.join(''), 'latin1') : parents(hashes);
      count = Math.floor(count / TILE_WIDTH);
      published = full;
    }
  }

  #listed(options: {
    readonly folder: string;
    readonly tile: Tile;
    readonly hashes: Buffer | undefined;
    /** Hashes that the level has. */
    readonly count: number;
    /** Full tiles up to here are checked already. */
    readonly full: number;
    readonly findings: Findings;
  }): void {
    const { folder, tile, hashes, count, full, findings } = options;
    if (tile.number * TILE_WIDTH + tile.width > count) {
      const message = 'it tells of entries that the log does not have';
      findings.add({ code: 'tile_extra', message, file: `tile/${tilePath(tile)}` });
      return;
    }
    const isFull = tile.width === TILE_WIDTH;
    if (isFull && (tile.level === 0 || tile.number < full)) return;
    const expected = this.#expected(tile, hashes);
    if (expected !== undefined)
      checkTileFile({ folder, tile, expected, isRequired: false, findings });
  }

  /** @returns undefined when only the segment knows them, which compared them itself */
  #expected(tile: Tile, hashes: Buffer | undefined): Buffer | undefined {
    const bytes = tile.width * HASH_BYTES;
    if (tile.level === 0) return this.#edges.get(tile.number)?.bytes.subarray(0, bytes);
    return hashes?.subarray(tile.number * TILE_BYTES, tile.number * TILE_BYTES + bytes);
  }
}

/** The hashes of the next level of tiles: one for each full 256. */
function parents(hashes: Buffer | undefined): Buffer | undefined {
  if (hashes === undefined) return undefined;
  const roots: string[] = [];
  for (let at = 0; at + TILE_BYTES <= hashes.length; at += TILE_BYTES)
    roots.push(rootOfHashes(hashes.subarray(at, at + TILE_BYTES)));
  return Buffer.from(roots.join(''), 'latin1');
}
