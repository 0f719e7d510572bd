/** Where tiles come from: the folder of a workspace's log. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditErrors } from '../errors.ts';
import { partialTilesPath, TILE_WIDTH, type TileName, tilePath } from './tile-path.ts';
import { HASH_BYTES } from './tree-hash.ts';

export interface TileSource {
  /** The tile's hashes one after the other. @throws audit_proof_unavailable */
  readTile(tile: TileName): Promise<Buffer>;
}

/**
 * A partial tile that is gone because the tree has grown is the beginning of the larger one.
 * @param dir of the workspace
 */
export function tilesOf(dir: string): TileSource {
  return {
    readTile: async (tile) => {
      for (const path of await candidates(dir, tile)) {
        const bytes = await readIfThere(join(dir, path));
        if (bytes !== undefined && bytes.length >= tile.width * HASH_BYTES)
          return bytes.subarray(0, tile.width * HASH_BYTES);
      }
      throw auditErrors.audit_proof_unavailable(`The tile ${tilePath(tile)} is not in ${dir}.`);
    },
  };
}

async function candidates(dir: string, tile: TileName): Promise<string[]> {
  const full = tilePath({ ...tile, width: TILE_WIDTH });
  if (tile.width === TILE_WIDTH) return [full];
  const folder = partialTilesPath(tile.level, tile.index);
  const widths = await readdir(join(dir, folder)).catch(() => []);
  const larger = widths
    .map(Number)
    .filter((width) => width >= tile.width)
    .sort((one, other) => one - other);
  return [...larger.map((width) => `${folder}/${width}`), full];
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
