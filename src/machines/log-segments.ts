/** Segment files of one machine's log: names, sizes, and reading from any place in them. */
import { open, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

export interface Segment {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A place between two lines. */
export interface LogPosition {
  readonly name: string;
  readonly offset: number;
}

const SUFFIX = '.ndjson';
const READ_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Named so that they sort by age. */
export const segmentName = (number: number) => `${String(number).padStart(12, '0')}${SUFFIX}`;
export const segmentNumber = (name: string) => Number.parseInt(name, 10);

/** Oldest first; [] when there are none. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const segments: Segment[] = [];
  for (const name of names.filter((n) => n.endsWith(SUFFIX)).sort()) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined); // Rotated away meanwhile.
    if (found !== undefined)
      segments.push({ path, name, bytes: found.size, modifiedMs: found.mtimeMs });
  }
  return segments;
}

/** Cuts off a last line that a crash of the host left unfinished. */
export async function cutTornLine(segment: Segment): Promise<number> {
  const end = await findLineStart(segment, { before: segment.bytes, lines: 0 });
  if (end.offset < segment.bytes) await truncate(segment.path, end.offset);
  return end.offset;
}

/**
 * Where the last `lines` lines before an offset begin; with 0 lines, the end of the last whole
 * one. Reads backwards, in pieces. `found` is how many there were.
 */
export async function findLineStart(
  segment: Segment,
  options: { before: number; lines: number },
): Promise<{ offset: number; found: number }> {
  const handle = await open(segment.path, 'r');
  try {
    const buffer = Buffer.alloc(READ_BYTES);
    let seen = 0;
    for (let end = options.before; end > 0; ) {
      const start = Math.max(0, end - READ_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, end - start, start);
      const piece = buffer.subarray(0, bytesRead);
      for (let at = piece.lastIndexOf(NEWLINE); at !== -1; ) {
        // The newline that ends line N from the end is the start of line N-1.
        if (seen === options.lines) return { offset: start + at + 1, found: seen };
        seen++;
        at = at === 0 ? -1 : piece.lastIndexOf(NEWLINE, at - 1);
      }
      end = start;
    }
    return { offset: 0, found: seen };
  } finally {
    await handle.close();
  }
}

/** Where the newest `lines` lines begin. */
export async function tailPosition(
  segments: readonly Segment[],
  lines: number,
): Promise<LogPosition | undefined> {
  let wanted = lines;
  for (const segment of [...segments].reverse()) {
    const { offset, found } = await findLineStart(segment, {
      before: segment.bytes,
      lines: wanted,
    });
    wanted -= found;
    if (wanted <= 0) return { name: segment.name, offset };
  }
  const oldest = segments[0];
  return oldest && { name: oldest.name, offset: 0 };
}

/** Whole lines from a position on, in groups, each with the position after it. */
export async function* readLinesFrom(
  segment: Segment,
  offset: number,
): AsyncGenerator<{ lines: string[]; next: number }, void> {
  const handle = await open(segment.path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return;
  try {
    let size = READ_BYTES;
    for (let at = offset; ; ) {
      const buffer = Buffer.alloc(size);
      const { bytesRead } = await handle.read(buffer, 0, size, at);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      if (end === -1) {
        if (bytesRead < size) return;
        size *= 2;
        continue;
      }
      at += end + 1;
      yield { lines: buffer.toString('utf8', 0, end).split('\n'), next: at };
      size = READ_BYTES;
    }
  } finally {
    await handle.close();
  }
}
