import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './findings.ts';
import { HASH_BYTES } from './hash-tree.ts';
import { TILE_WIDTH, type Tile, tilePath } from './tile-path.ts';

/** Compares one tile with the tree; a missing one is a finding when it is required. */
export function checkTileFile(options: {
  /** The folder `tile`. */
  readonly folder: string;
  readonly tile: Tile;
  readonly expected: Buffer;
  readonly isRequired: boolean;
  readonly findings: Findings;
}): void {
  const { folder, tile, expected, isRequired, findings } = options;
  const path = tilePath(tile);
  const file = `tile/${path}`;
  const bytes = readTile(join(folder, path));
  if (bytes === undefined) {
    if (isRequired)
      findings.add({ code: 'tile_missing', message: 'the checkpoint needs this tile', file });
    return;
  }
  if (bytes.length !== expected.length) {
    const message = `it has ${bytes.length} bytes instead of ${expected.length}`;
    findings.add({ code: 'tile_length', message, file });
  } else if (!bytes.equals(expected)) {
    let offset = 0;
    while (bytes[offset] === expected[offset]) offset += 1;
    const at = tile.number * TILE_WIDTH + Math.floor(offset / HASH_BYTES);
    const message = `hash ${at} of level ${tile.level} is not the tree's`;
    findings.add({ code: 'tile_mismatch', message, file, offset });
  }
}

/** @returns undefined when there is none */
function readTile(path: string): Buffer | undefined {
  try {
    // Read no further than a tile can be wrong by: the length is compared anyway.
    const size = statSync(path).size;
    return size > TILE_WIDTH * HASH_BYTES ? Buffer.alloc(Math.min(size, 1e6)) : readFileSync(path);
  } catch (error) {
    if (existsSync(path)) return Buffer.from(String(error));
    return undefined;
  }
}
