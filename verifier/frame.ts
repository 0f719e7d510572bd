/** The parts of a segment, read from a buffer, as docs/audit-format.md has them. */
import type { Place } from './entry-check.ts';
import { HASH_BYTES, peakCount, sha256 } from './hash-tree.ts';

export const SEGMENT_MAGIC = Buffer.from('SWARMSG1');
export const FRAME_MAGIC = Buffer.from('SWFR');
export const HEAD_BYTES = 32;
export const DIRECTORY_ENTRY_BYTES = 40;
export const TAIL_BYTES = 32 + 64 + 4 + 32;
/** A frame holds one commit; none of ours comes near this. */
export const MAX_FRAME_BYTES = 0x7fff_0000;

export interface SegmentHeader {
  readonly first: number;
  readonly peaks: readonly string[];
  readonly bytes: number;
}

export interface FrameHead {
  readonly count: number;
  readonly first: number;
  readonly entriesBytes: number;
  readonly payloadsBytes: number;
  readonly directoryEnd: number;
  /** Bytes of the whole frame. */
  readonly length: number;
}

function readUInt64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/** @returns undefined when these bytes do not begin with a complete header */
export function readSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < 17 || bytes.compare(SEGMENT_MAGIC, 0, 8, 0, 8) !== 0) return undefined;
  const first = readUInt64(bytes, 8);
  const count = bytes[16] ?? 0;
  const end = 17 + HASH_BYTES * count;
  if (bytes.length < end + HASH_BYTES || !Number.isSafeInteger(first)) return undefined;
  if (count !== peakCount(first)) return undefined;
  if (sha256(bytes.subarray(0, end)) !== bytes.toString('latin1', end, end + HASH_BYTES))
    return undefined;
  const peaks = Array.from({ length: count }, (_, i) =>
    bytes.toString('latin1', 17 + HASH_BYTES * i, 17 + HASH_BYTES * (i + 1)),
  );
  return { first, peaks, bytes: end + HASH_BYTES };
}

/** @returns undefined when there is no head of a frame at that place */
export function readFrameHead(bytes: Buffer, at: number): FrameHead | undefined {
  if (bytes.length < at + HEAD_BYTES) return undefined;
  if (bytes.compare(FRAME_MAGIC, 0, 4, at, at + 4) !== 0) return undefined;
  const count = bytes.readUInt32LE(at + 4);
  const first = readUInt64(bytes, at + 8);
  const entriesBytes = bytes.readUInt32LE(at + 24);
  const payloadsBytes = bytes.readUInt32LE(at + 28);
  const directoryEnd = HEAD_BYTES + DIRECTORY_ENTRY_BYTES * count;
  const length = directoryEnd + entriesBytes + payloadsBytes + TAIL_BYTES;
  if (count === 0 || !Number.isSafeInteger(first) || length > MAX_FRAME_BYTES) return undefined;
  return { count, first, entriesBytes, payloadsBytes, directoryEnd, length };
}

/** What is wrong with a frame whose bytes are all there; undefined: nothing. */
export function frameProblem(bytes: Buffer, at: number, head: FrameHead): string | undefined {
  const tail = at + head.length - TAIL_BYTES;
  if (bytes.readUInt32LE(tail + 96) !== head.length) return 'its length at its end is wrong';
  const covered = Buffer.concat([
    bytes.subarray(at, at + head.directoryEnd),
    bytes.subarray(tail, tail + 100),
  ]);
  if (sha256(covered) !== bytes.toString('latin1', tail + 100, tail + 132))
    return 'the hash at its end is wrong';
  let entries = 0;
  let payloads = 0;
  for (let i = 0; i < head.count; i += 1) {
    const entry = at + HEAD_BYTES + DIRECTORY_ENTRY_BYTES * i;
    entries += bytes.readUInt32LE(entry + 32);
    payloads += bytes.readUInt32LE(entry + 36);
  }
  if (entries !== head.entriesBytes || payloads !== head.payloadsBytes)
    return 'the lengths in its directory do not add up';
  return undefined;
}

/** The entries of a frame that begins at `bytes[0]` and at that offset of its file. */
export function* placesOf(bytes: Buffer, head: FrameHead, offset: number): Generator<Place> {
  let start = head.directoryEnd;
  let payloadStart = start + head.entriesBytes;
  for (let i = 0; i < head.count; i += 1) {
    const at = HEAD_BYTES + DIRECTORY_ENTRY_BYTES * i;
    const length = bytes.readUInt32LE(at + 32);
    const payloadLength = bytes.readUInt32LE(at + 36);
    yield {
      bytes,
      seq: head.first + i,
      start,
      length,
      payloadStart,
      payloadLength,
      offset: offset + start,
      payloadOffset: offset + payloadStart,
      leafHash: bytes.toString('latin1', at, at + HASH_BYTES),
    };
    start += length;
    payloadStart += payloadLength;
  }
}
