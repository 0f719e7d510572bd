/** Tiles of height 8, as C2SP tlog-tiles names and bounds them. */

export const TILE_WIDTH = 256;

/** `width` hashes of height 8 × level: 256, or fewer at the right edge. */
export interface TileName {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Path below the workspace's folder: `tile/0/x001/067`, `tile/1/000.p/3`. */
export function tilePath({ level, index, width }: TileName): string {
  const full = fullTilePath(level, index);
  return width === TILE_WIDTH ? full : `${full}.p/${width}`;
}

function fullTilePath(level: number, index: number): string {
  let path = threeDigits(index);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${threeDigits(rest)}/${path}`;
  return `tile/${level}/${path}`;
}

/** The folder of a tile's partial forms. */
export function partialTilesPath(level: number, index: number): string {
  return `${fullTilePath(level, index)}.p`;
}

function threeDigits(index: number): string {
  return String(index % 1000).padStart(3, '0');
}

/** Number of hashes that a tree of `size` leaves has in tiles of that level. */
export function hashesAtLevel(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The tile with the hash `index` of its level, as a tree of `size` leaves has it. */
export function tileAt(level: number, index: number, size: number): TileName {
  const tile = Math.floor(index / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, hashesAtLevel(size, level) - tile * TILE_WIDTH);
  return { level, index: tile, width };
}

/** The partial tiles of a tree of that size, lowest level first. */
export function partialTiles(size: number): TileName[] {
  const tiles: TileName[] = [];
  for (let level = 0; hashesAtLevel(size, level) > 0; level++) {
    const hashes = hashesAtLevel(size, level);
    if (hashes % TILE_WIDTH > 0) tiles.push(tileAt(level, hashes - 1, size));
  }
  return tiles;
}
