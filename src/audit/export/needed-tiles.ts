/** Which tiles prove a set of entries: each one's, those above it, and the tree's right edge. */
import { partialTiles, TILE_WIDTH, type TileName, tileAt } from '../tree/tile-path.ts';

export class NeededTiles {
  readonly #size: number;
  /** Of level 0, ascending, each once. */
  readonly #bottom: number[] = [];

  /** @param size of the tree */
  constructor(size: number) {
    this.#size = size;
  }

  /** In ascending order. */
  add(seq: number): void {
    const index = Math.floor(seq / TILE_WIDTH);
    if (this.#bottom.at(-1) !== index) this.#bottom.push(index);
  }

  *[Symbol.iterator](): Generator<TileName> {
    const edges = partialTiles(this.#size);
    let indexes = this.#bottom;
    for (let level = 0; this.#size >= TILE_WIDTH ** level; level++) {
      const edge = edges.find((tile) => tile.level === level);
      for (const index of indexes)
        if (index !== edge?.index) yield tileAt(level, index * TILE_WIDTH, this.#size);
      if (edge !== undefined) yield edge;
      indexes = [...new Set(indexes.map((index) => Math.floor(index / TILE_WIDTH)))];
    }
  }
}
