/** Names of tiles, as C2SP tlog-tiles writes them: x001/x234/067 and x001/x234/067.p/12. */

export const TILE_WIDTH = 256;
const MAX_LEVEL = 6;

export interface Tile {
  readonly level: number;
  readonly number: number;
  /** Number of hashes: 256 in a full one. */
  readonly width: number;
}

/** Below the folder `tile`. */
export function tilePath(tile: Tile): string {
  let name = String(tile.number % 1000).padStart(3, '0');
  for (let rest = Math.floor(tile.number / 1000); rest > 0; rest = Math.floor(rest / 1000))
    name = `x${String(rest % 1000).padStart(3, '0')}/${name}`;
  const partial = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`;
  return `${tile.level}/${name}${partial}`;
}

/** @param path below the folder `tile`. @returns undefined when no tile has that name */
export function parseTilePath(path: string): Tile | undefined {
  const match = /^(\d)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  const [, level = '', name = '', width] = match ?? [];
  if (match === null) return undefined;
  const tile = {
    level: Number(level),
    number: Number(name.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  // One tile has one name.
  return tile.level <= MAX_LEVEL && tilePath(tile) === path ? tile : undefined;
}
