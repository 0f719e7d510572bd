/** The tiles' right edge at a start: from what was published, or made again from the segments. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LogPosition } from '../ports.ts';
import type { Checkpoint } from '../tree/checkpoint.ts';
import { CompactRange } from '../tree/compact-range.ts';
import { PendingTiles, type Tile } from '../tree/pending-tiles.ts';
import { partialTiles, tilePath } from '../tree/tile-path.ts';
import { HASH_BYTES } from '../tree/tree-hash.ts';
import { createFileDurably, makeFolderSync } from './durable-files.ts';
import { listSegments } from './segment-files.ts';
import { readFrames } from './segment-reader.ts';

export interface RecoveredTiles {
  readonly tiles: PendingTiles;
  /** Number of tiles that were missing or wrong and are there again. */
  readonly mended: number;
}

/**
 * @param log.end behind the last commit
 * @throws audit_log_damaged; errors of the file system as they are
 */
export function recoverTiles(
  dir: string,
  log: { readonly published: Checkpoint | undefined; readonly end: LogPosition },
): RecoveredTiles {
  const published = log.published ?? { size: 0, root: new CompactRange().root() };
  const edge = readEdge(dir, published);
  if (edge === undefined) return rebuild(dir, log.end);
  const tiles = new PendingTiles(published.size, edge.partial);
  pushLeaves(dir, { end: log.end, range: edge.range, tiles });
  return { tiles, mended: 0 };
}

/** @returns undefined unless the partial tiles there have the checkpoint's root */
function readEdge(
  dir: string,
  published: Checkpoint,
): { partial: Tile[]; range: CompactRange } | undefined {
  const partial: Tile[] = [];
  for (const tile of partialTiles(published.size)) {
    const hashes = readIfThere(join(dir, tilePath(tile)));
    if (hashes?.length !== tile.width * HASH_BYTES) return undefined;
    partial.push({ ...tile, hashes });
  }
  const range = new CompactRange(published.size, edgeRoots(partial));
  return range.root().equals(published.root) ? { partial, range } : undefined;
}

/** A partial tile's complete subtrees are those of the whole tree at its heights. */
function edgeRoots(partial: readonly Tile[]): Buffer[] {
  return partial.toReversed().flatMap(({ hashes, width }) => {
    const range = new CompactRange();
    for (let i = 0; i < width; i++)
      range.append(hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
    return range.roots();
  });
}

/** The leaves from the range's size on. */
function pushLeaves(
  dir: string,
  to: { readonly end: LogPosition; readonly range: CompactRange; readonly tiles: PendingTiles },
  onFrame: () => void = () => undefined,
): void {
  const { range, tiles } = to;
  const segment = listSegments(dir).findLast((first) => first <= range.size) ?? 0;
  const frames = readFrames(dir, {
    ...{ from: { segment, offset: 0 }, to: to.end, verifyLeaves: false },
  });
  for (const { entries } of frames) {
    for (const { seq, leafHash } of entries)
      if (seq === range.size)
        range.append(Buffer.from(leafHash), (height, hash) => tiles.push(height, hash));
    onFrame();
  }
}

/** Rare, so it may take its time; little memory, because full tiles are written as they come. */
function rebuild(dir: string, end: LogPosition): RecoveredTiles {
  const tiles = new PendingTiles();
  let mended = 0;
  pushLeaves(dir, { end, range: new CompactRange(), tiles }, () => {
    const { full } = tiles.tiles();
    for (const tile of full) mended += mend(dir, tile);
    tiles.settle(full);
  });
  return { tiles, mended };
}

function mend(dir: string, tile: Tile): 0 | 1 {
  const path = join(dir, tilePath(tile));
  if (readIfThere(path)?.equals(tile.hashes) === true) return 0;
  makeFolderSync(dirname(path));
  createFileDurably(path, {
    ...{ temporary: join(dir, 'tmp', 'tile'), bytes: tile.hashes, mode: 0o600 },
  });
  return 1;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
