/**
 * Opening a workspace's log: one path for the first start, a clean one, one after a crash and one
 * after a failed write. What a crash can leave is mended; everything else is damage, and said.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LogPosition } from '../ports.ts';
import {
  type Checkpoint,
  checkpointOrigin,
  checkpointText,
  openCheckpoint,
} from '../tree/checkpoint.ts';
import { CompactRange } from '../tree/compact-range.ts';
import { type Signer, signatureHolds } from '../tree/signed-note.ts';
import { EMPTY_ROOT } from '../tree/tree-hash.ts';
import { createFileDurably, makeFolderSync, syncFolder, writeFully } from './durable-files.ts';
import { readWindow } from './scan-frames.ts';
import { type LastSegment, scanLastSegment } from './scan-last-segment.ts';
import { checkSegmentChain } from './segment-chain.ts';
import { damaged, listSegments, openSegment, segmentPath } from './segment-files.ts';
import { encodeHeader } from './segment-format.ts';
import { readFrames } from './segment-reader.ts';

export interface LogPlace {
  /** Of the workspace. */
  readonly dir: string;
  readonly workspaceId: string;
  readonly signer: Signer;
}

/** What was cut off because a crash had left it incomplete. */
export interface CutTail {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface RecoveredLog {
  readonly segment: number;
  /** Open for reading and writing; the caller closes it. */
  readonly fd: number;
  readonly endOffset: number;
  readonly range: CompactRange;
  /** Of the newest commit; undefined: there is none. */
  readonly signature: Buffer | undefined;
  readonly published: Checkpoint | undefined;
  readonly cut: CutTail | undefined;
}

/**
 * @param cutBackTo the end that was durable when a write failed in this process: nothing behind it
 * may be trusted, whatever the page cache shows
 * @throws audit_log_damaged; errors of the file system as they are
 */
export function recoverLog(place: LogPlace, cutBackTo?: LogPosition): RecoveredLog {
  prepareFolders(place.dir);
  const published = readPublished(place);
  if (cutBackTo !== undefined) cutBack(place.dir, cutBackTo);
  const segments = listSegments(place.dir);
  if (segments.length === 0) {
    if (published !== undefined && published.size > 0)
      throw damaged(join(place.dir, 'segments'), 0, `its ${published.size} entries are gone`);
    createSegment(place.dir, new CompactRange());
    segments.push(0);
  }
  checkSegmentChain(place.dir, segments);
  const last = scanLastSegment(place.dir, segments.at(-1) ?? 0);
  checkSignature(place, last);
  checkPublished(place, { published, last, segments });
  return { ...trustLastSegment(place.dir, { last, published }), published };
}

/** An empty one that the next commit goes into. Its name and header are durable. */
export function createSegment(dir: string, range: CompactRange): void {
  createFileDurably(segmentPath(dir, range.size), {
    temporary: join(dir, 'tmp', 'segment'),
    bytes: encodeHeader({ first: range.size, roots: range.roots() }),
    mode: 0o600,
  });
}

function prepareFolders(dir: string): void {
  makeFolderSync(join(dir, 'segments'));
  const temporary = join(dir, 'tmp');
  makeFolderSync(temporary);
  for (const name of readdirSync(temporary)) rmSync(join(temporary, name), { force: true });
}

function cutBack(dir: string, to: LogPosition): void {
  const fd = openSync(segmentPath(dir, to.segment), 'r+');
  try {
    if (fstatSync(fd).size > to.offset) ftruncateSync(fd, to.offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** @returns undefined when none was published yet */
function readPublished({ dir, workspaceId, signer }: LogPlace): Checkpoint | undefined {
  const path = join(dir, 'checkpoint');
  let note: string;
  try {
    note = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const key = signer.verifier;
  const checkpoint = openCheckpoint(note, { key, origin: checkpointOrigin(key, workspaceId) });
  if ('fault' in checkpoint) throw damaged(path, 0, `the checkpoint ${checkpoint.fault}`);
  return checkpoint;
}

function checkSignature(place: LogPlace, last: LastSegment): void {
  const { newest } = last;
  if (newest === undefined) return;
  const { verifier } = place.signer;
  const text = checkpointText(checkpointOrigin(verifier, place.workspaceId), {
    size: last.range.size,
    root: last.range.root(),
  });
  if (!signatureHolds(text, newest.signature, verifier))
    throw damaged(last.path, newest.offset, `the commit there is not signed by ${verifier.name}`);
}

/** The log must have what was published, as it was then. */
function checkPublished(
  place: LogPlace,
  log: {
    readonly published: Checkpoint | undefined;
    readonly last: LastSegment;
    readonly segments: readonly number[];
  },
): void {
  const { published, last } = log;
  if (published === undefined) return;
  if (published.size > last.range.size)
    throw damaged(
      last.path,
      last.endOffset,
      `the log ends after ${last.range.size} entries, but ${published.size} are in its published checkpoint`,
    );
  const root = last.rootAt(published.size) ?? earlierRoot(place.dir, log.segments, published.size);
  if (root?.equals(published.root) !== true)
    throw damaged(
      join(place.dir, 'checkpoint'),
      0,
      `the tree of the ${published.size} entries that it names has another root`,
    );
}

/** The root of the commit that ends a tree of that size, in a segment before the last. */
function earlierRoot(dir: string, segments: readonly number[], size: number): Buffer | undefined {
  if (size === 0) return EMPTY_ROOT;
  const first = segments.findLast((segment) => segment < size);
  if (first === undefined) return undefined;
  using segment = openSegment(dir, first);
  const to = { segment: first, offset: segment.bytes };
  for (const frame of readFrames(dir, {
    ...{ from: { segment: first, offset: 0 }, to, verifyLeaves: false },
  })) {
    const end = (frame.entries[0]?.seq ?? 0) + frame.entries.length;
    if (end >= size) return end === size ? frame.root : undefined;
  }
  return undefined;
}

/**
 * Cuts the torn tail off and makes the rest durable. What no checkpoint covers yet is written once
 * more: after a failed fsync the page cache shows bytes as clean that never reached the disk.
 */
function trustLastSegment(
  dir: string,
  { last, published }: { last: LastSegment; published: Checkpoint | undefined },
): Omit<RecoveredLog, 'published'> {
  const fd = openSync(last.path, 'r+');
  try {
    const torn = last.fileBytes - last.endOffset;
    if (torn > 0) ftruncateSync(fd, last.endOffset);
    rewrite(fd, { from: last.offsetAt(published?.size ?? 0), to: last.endOffset });
    fsyncSync(fd);
    syncFolder(join(dir, 'segments'));
    return {
      ...{ segment: last.first, fd, endOffset: last.endOffset, range: last.range },
      signature: last.newest?.signature,
      cut: torn > 0 ? { file: last.path, offset: last.endOffset, bytes: torn } : undefined,
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function rewrite(fd: number, { from, to }: { from: number; to: number }): void {
  const step = 1024 * 1024;
  for (let at = from; at < to; at += step)
    writeFully(fd, readWindow(fd, at, Math.min(step, to - at)), at);
}
