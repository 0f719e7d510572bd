/**
 * Overwrites entries or payloads with zeros: the segment is written anew with the same size, sparse
 * where it is zero, and takes the old one's place. Every offset stays.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hashLeaf } from '../tree/tree-hash.ts';
import { scanFrames } from './scan-frames.ts';
import { damaged, listSegments, type OpenSegment, openSegment } from './segment-files.ts';
import { type Frame, type FrameEntry, frameEntries } from './segment-format.ts';
import { isZero } from './segment-reader.ts';

export interface Erasure {
  readonly what: 'payloads' | 'events';
  /** First and last sequence number of each, in any order. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** Bytes of a file. */
interface Hole {
  readonly from: number;
  readonly to: number;
}

const COPY_BYTES = 1024 * 1024;

/**
 * Idempotent: a segment with nothing left to erase is left alone. Entries of kinds `audit.*` are
 * passed over.
 * @param erasure.before only segments below this one, which nobody writes to any more
 * @throws audit_log_damaged; errors of the file system as they are
 */
export async function eraseRanges(
  dir: string,
  erasure: Erasure & { readonly before: number },
): Promise<void> {
  const segments = listSegments(dir);
  for (const [i, first] of segments.entries()) {
    const next = segments[i + 1] ?? Number.MAX_SAFE_INTEGER;
    if (first >= erasure.before) return;
    if (!erasure.ranges.some(([begin, end]) => begin < next && end >= first)) continue;
    using segment = openSegment(dir, first);
    const holes = findHoles(segment, erasure);
    if (holes.length > 0) await rewriteWithHoles(dir, segment, holes);
  }
}

/** Ascending; what is zero already is none. */
function findHoles(segment: OpenSegment, erasure: Erasure): Hole[] {
  const holes: Hole[] = [];
  const isErased = rangeTest(erasure.ranges);
  const range = { from: segment.header.byteLength, to: segment.bytes };
  const frames = scanFrames(segment.fd, range);
  for (let next = frames.next(); ; next = frames.next()) {
    if (next.done === true) {
      if (next.value.complete) return holes;
      throw damaged(segment.path, next.value.offset, 'there is no complete frame');
    }
    const { frame, offset } = next.value;
    const { leaves, payloads } = partsToErase(frame, isErased, (entry) =>
      damaged(segment.path, offset + entry.leafOffset, `entry ${entry.seq} does not have its hash`),
    );
    for (const { from, to } of erasure.what === 'events' ? [...leaves, ...payloads] : payloads)
      if (to > from && !isZero(frame.bytes.subarray(from, to)))
        holes.push({ from: offset + from, to: offset + to });
  }
}

/** @throws what `damage` returns for an entry that is not as it was: erasing it would hide that */
function partsToErase(
  frame: Frame,
  isErased: (seq: number) => boolean,
  damage: (entry: FrameEntry) => Error,
): { leaves: Hole[]; payloads: Hole[] } {
  const leaves: Hole[] = [];
  const payloads: Hole[] = [];
  for (const entry of frameEntries(frame)) {
    if (!isErased(entry.seq)) continue;
    const leaf = { from: entry.leafOffset, to: entry.leafOffset + entry.leafBytes };
    const bytes = frame.bytes.subarray(leaf.from, leaf.to);
    if (!isZero(bytes)) {
      if (!hashLeaf(bytes).equals(entry.leafHash)) throw damage(entry);
      if (isOwnEntry(bytes)) continue;
    }
    leaves.push(leaf);
    payloads.push({ from: entry.payloadOffset, to: entry.payloadOffset + entry.payloadBytes });
  }
  return { leaves, payloads };
}

/** Asked with ascending numbers: each range is looked at once. */
function rangeTest(ranges: Erasure['ranges']): (seq: number) => boolean {
  const ascending = ranges.toSorted(([one], [other]) => one - other);
  let next = 0;
  let coveredTo = -1;
  return (seq) => {
    for (let range = ascending[next]; range !== undefined && range[0] <= seq; ) {
      coveredTo = Math.max(coveredTo, range[1]);
      range = ascending[++next];
    }
    return seq <= coveredTo;
  };
}

/** The log's own record of what was done to it. */
function isOwnEntry(leaf: Buffer): boolean {
  // Canonical JSON quotes quotes, so this can only be a member; attributes may have one, too.
  if (!leaf.includes('"kind":"audit.')) return false;
  const { kind } = JSON.parse(leaf.toString()) as { kind?: unknown };
  return typeof kind === 'string' && kind.startsWith('audit.');
}

async function rewriteWithHoles(
  dir: string,
  segment: OpenSegment,
  holes: readonly Hole[],
): Promise<void> {
  const temporary = join(dir, 'tmp', 'erased');
  await using source = await open(segment.path, 'r');
  try {
    await using target = await open(temporary, 'w', 0o600);
    await target.truncate(segment.bytes);
    let at = 0;
    for (const hole of [...holes, { from: segment.bytes, to: segment.bytes }]) {
      await copyBytes(source, target, { from: at, to: hole.from });
      at = hole.to;
    }
    await target.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, segment.path);
  await using folder = await open(join(dir, 'segments'), 'r');
  await folder.sync();
}

async function copyBytes(source: FileHandle, target: FileHandle, range: Hole): Promise<void> {
  for (let at = range.from; at < range.to; ) {
    const length = Math.min(COPY_BYTES, range.to - at);
    const { bytesRead, buffer } = await source.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw new Error('the segment has become shorter');
    const { bytesWritten } = await target.write(buffer, 0, bytesRead, at);
    if (bytesWritten === 0) throw new Error('the file takes no more bytes');
    at += bytesWritten;
  }
}
