/** Collects what is durable into tiles, until they are published. */

import { hashesAtLevel, TILE_WIDTH, type TileName } from './tile-path.ts';
import { HASH_BYTES } from './tree-hash.ts';

export interface Tile extends TileName {
  readonly hashes: Buffer;
}

interface Level {
  /** Number of hashes so far. */
  count: number;
  /** The last tile's, as far as there are any. */
  open: Buffer;
}

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

export class PendingTiles {
  readonly #levels: Level[] = [];
  #full: Tile[] = [];

  /** @param partial the partial tiles of a tree of `size` leaves */
  constructor(size = 0, partial: readonly Tile[] = []) {
    for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
      const open = Buffer.allocUnsafe(TILE_BYTES);
      partial.find((tile) => tile.level === level)?.hashes.copy(open);
      this.#levels.push({ count: hashesAtLevel(size, level), open });
    }
  }

  /** The next node of that height; nodes that are in no tile are passed over. */
  push(height: number, hash: Buffer): void {
    if (height % 8 !== 0) return;
    const number = height / 8;
    const level = this.#levels[number] ?? { count: 0, open: Buffer.allocUnsafe(TILE_BYTES) };
    this.#levels[number] = level;
    hash.copy(level.open, (level.count % TILE_WIDTH) * HASH_BYTES);
    level.count++;
    if (level.count % TILE_WIDTH !== 0) return;
    const index = level.count / TILE_WIDTH - 1;
    this.#full.push({ level: number, index, width: TILE_WIDTH, hashes: level.open });
    level.open = Buffer.allocUnsafe(TILE_BYTES);
  }

  /** Full ones since the last `settle`, then copies of the partial ones. */
  tiles(): { readonly full: readonly Tile[]; readonly partial: readonly Tile[] } {
    const partial: Tile[] = [];
    for (const [level, { count, open }] of this.#levels.entries()) {
      const width = count % TILE_WIDTH;
      const hashes = Buffer.from(open.subarray(0, width * HASH_BYTES));
      if (width > 0) partial.push({ level, index: Math.floor(count / TILE_WIDTH), width, hashes });
    }
    return { full: [...this.#full], partial };
  }

  /** The full ones of an earlier `tiles()` are published. */
  settle(full: readonly Tile[]): void {
    this.#full = this.#full.slice(full.length);
  }
}
