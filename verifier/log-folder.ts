/** What lies in a workspace's folder, as it is when a verification begins. */
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './findings.ts';
import { parseTilePath, type Tile } from './tile-path.ts';

export interface SegmentFile {
  /** Relative to the workspace's folder. */
  readonly file: string;
  readonly first: number;
}

/** @returns undefined when there is no such file */
export function readIfThere(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  } catch (error) {
    // While the log is written, a folder of partial tiles goes when its tile is full.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function unknown(findings: Findings, file: string): void {
  const message = 'a log has no file of this name here';
  findings.note({ code: 'unknown_file', message, file });
}

/** Ascending by their first entry. */
export function listSegments(folder: string, findings: Findings): SegmentFile[] {
  const segments: SegmentFile[] = [];
  for (const entry of entriesOf(join(folder, 'segments'))) {
    const file = `segments/${entry.name}`;
    const first = /^(\d{20})\.seg$/.exec(entry.name)?.[1];
    if (first === undefined || !entry.isFile() || !Number.isSafeInteger(Number(first)))
      unknown(findings, file);
    else segments.push({ file, first: Number(first) });
  }
  return segments;
}

/** Every tile there is, in no order. */
export function listTiles(folder: string, findings: Findings): Tile[] {
  const tiles: Tile[] = [];
  const walk = (below: string, depth: number) => {
    for (const entry of entriesOf(join(folder, 'tile', below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      const tile = entry.isFile() ? parseTilePath(path) : undefined;
      if (tile !== undefined) tiles.push(tile);
      else if (entry.isDirectory() && depth < 8) walk(path, depth + 1);
      else unknown(findings, `tile/${path}`);
    }
  };
  walk('', 0);
  return tiles;
}
