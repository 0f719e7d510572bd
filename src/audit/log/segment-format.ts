/** Bytes of a segment, as docs/audit-format.md lays them down. Decoders survive any bytes. */
import { hash } from 'node:crypto';
import { subtreeCount } from '../tree/compact-range.ts';
import { HASH_BYTES } from '../tree/tree-hash.ts';

const SEGMENT_MAGIC = Buffer.from('SWARMSG1');
export const FRAME_MAGIC: Buffer = Buffer.from('SWFR');
export const HEAD_BYTES = 32;
export const DIRECTORY_ENTRY_BYTES = 40;
export const TAIL_BYTES = 132;
const SIGNATURE_BYTES = 64;
/** A larger one is not read: it would not fit into memory that readers set aside. */
export const MAX_FRAME_BYTES: number = 64 * 1024 * 1024;
export const MAX_LEAF_BYTES: number = 64 * 1024;
/** The longest header: a tree has at most 53 complete subtrees. */
export const MAX_HEADER_BYTES: number = 17 + 53 * HASH_BYTES + HASH_BYTES;

export interface SegmentHeader {
  readonly first: number;
  /** Roots of the complete subtrees of the tree of `first` leaves, largest first. */
  readonly roots: readonly Buffer[];
}

export interface FrameHead {
  readonly count: number;
  readonly first: number;
  readonly committedMs: number;
  readonly leavesBytes: number;
  readonly payloadsBytes: number;
  /** Of the whole frame, as the other numbers make it. */
  readonly frameBytes: number;
}

/** A frame whose structure is right; its leaves and its root are not checked yet. */
export interface Frame extends FrameHead {
  /** From its head to its tail. */
  readonly bytes: Buffer;
  readonly root: Buffer;
  readonly signature: Buffer;
}

/** Where an entry's parts lie in its frame. */
export interface FrameEntry {
  readonly seq: number;
  readonly leafHash: Buffer;
  readonly leafOffset: number;
  readonly leafBytes: number;
  readonly payloadOffset: number;
  readonly payloadBytes: number;
}

export function segmentName(first: number): string {
  return `${String(first).padStart(20, '0')}.seg`;
}

/** @returns the number of the first entry, or undefined for another file */
export function parseSegmentName(name: string): number | undefined {
  if (!/^\d{20}\.seg$/.test(name)) return undefined;
  const first = Number(name.slice(0, 20));
  return Number.isSafeInteger(first) ? first : undefined;
}

export function headerBytes(rootCount: number): number {
  return 17 + rootCount * HASH_BYTES + HASH_BYTES;
}

export function encodeHeader({ first, roots }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes(roots.length));
  SEGMENT_MAGIC.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(first), 8);
  bytes.writeUInt8(roots.length, 16);
  for (const [i, root] of roots.entries()) root.copy(bytes, 17 + i * HASH_BYTES);
  const end = bytes.length - HASH_BYTES;
  hash('sha256', bytes.subarray(0, end), 'buffer').copy(bytes, end);
  return bytes;
}

/** @param bytes the beginning of the file; @returns undefined when that is no header */
export function decodeHeader(
  bytes: Buffer,
): (SegmentHeader & { readonly byteLength: number }) | undefined {
  if (bytes.length < headerBytes(0) || !bytes.subarray(0, 8).equals(SEGMENT_MAGIC))
    return undefined;
  const first = readSafeInteger(bytes, 8);
  const count = bytes.readUInt8(16);
  const byteLength = headerBytes(count);
  if (first === undefined || subtreeCount(first) !== count || bytes.length < byteLength)
    return undefined;
  const end = byteLength - HASH_BYTES;
  if (!hash('sha256', bytes.subarray(0, end), 'buffer').equals(bytes.subarray(end, byteLength)))
    return undefined;
  const roots: Buffer[] = [];
  for (let i = 0; i < count; i++)
    roots.push(Buffer.from(bytes.subarray(17 + i * HASH_BYTES, 17 + (i + 1) * HASH_BYTES)));
  return { first, roots, byteLength };
}

/** @returns undefined when no frame begins there, or not all of the head is there */
export function decodeFrameHead(bytes: Buffer, offset = 0): FrameHead | undefined {
  if (bytes.length - offset < HEAD_BYTES) return undefined;
  if (bytes.compare(FRAME_MAGIC, 0, 4, offset, offset + 4) !== 0) return undefined;
  const count = bytes.readUInt32LE(offset + 4);
  const first = readSafeInteger(bytes, offset + 8);
  const committedMs = readSafeInteger(bytes, offset + 16);
  const leavesBytes = bytes.readUInt32LE(offset + 24);
  const payloadsBytes = bytes.readUInt32LE(offset + 28);
  const frameBytes =
    HEAD_BYTES + count * DIRECTORY_ENTRY_BYTES + leavesBytes + payloadsBytes + TAIL_BYTES;
  if (count < 1 || first === undefined || committedMs === undefined) return undefined;
  if (frameBytes > MAX_FRAME_BYTES) return undefined;
  return { count, first, committedMs, leavesBytes, payloadsBytes, frameBytes };
}

/** @returns undefined unless a frame with the right structure lies there as a whole */
export function decodeFrame(bytes: Buffer, offset = 0): Frame | undefined {
  const head = decodeFrameHead(bytes, offset);
  if (head === undefined || bytes.length - offset < head.frameBytes) return undefined;
  const frame = bytes.subarray(offset, offset + head.frameBytes);
  const tail = head.frameBytes - TAIL_BYTES;
  const check = head.frameBytes - HASH_BYTES;
  if (frame.readUInt32LE(check - 4) !== head.frameBytes) return undefined;
  if (!frameCheck(frame, head.count).equals(frame.subarray(check))) return undefined;
  if (!directoryAddsUp(frame, head)) return undefined;
  return {
    ...head,
    bytes: frame,
    root: frame.subarray(tail, tail + HASH_BYTES),
    signature: frame.subarray(tail + HASH_BYTES, tail + HASH_BYTES + SIGNATURE_BYTES),
  };
}

export function frameEntries(frame: Frame): FrameEntry[] {
  const entries: FrameEntry[] = new Array(frame.count);
  const { bytes } = frame;
  let leafOffset = HEAD_BYTES + frame.count * DIRECTORY_ENTRY_BYTES;
  let payloadOffset = leafOffset + frame.leavesBytes;
  for (let i = 0; i < frame.count; i++) {
    const at = HEAD_BYTES + i * DIRECTORY_ENTRY_BYTES;
    const leafBytes = bytes.readUInt32LE(at + HASH_BYTES);
    const payloadBytes = bytes.readUInt32LE(at + HASH_BYTES + 4);
    entries[i] = {
      seq: frame.first + i,
      leafHash: bytes.subarray(at, at + HASH_BYTES),
      ...{ leafOffset, leafBytes, payloadOffset, payloadBytes },
    };
    leafOffset += leafBytes;
    payloadOffset += payloadBytes;
  }
  return entries;
}

export interface FrameParts extends Pick<FrameHead, 'count' | 'first' | 'committedMs'> {
  readonly directory: Buffer;
  readonly leaves: Buffer;
  readonly payloads: Buffer;
  readonly root: Buffer;
  readonly signature: Buffer;
}

/** Its pieces, in their order. */
export function encodeFrame(parts: FrameParts): Buffer[] {
  const { directory, leaves, payloads } = parts;
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  FRAME_MAGIC.copy(head);
  head.writeUInt32LE(parts.count, 4);
  head.writeBigUInt64LE(BigInt(parts.first), 8);
  head.writeBigUInt64LE(BigInt(parts.committedMs), 16);
  head.writeUInt32LE(leaves.length, 24);
  head.writeUInt32LE(payloads.length, 28);
  const tail = Buffer.allocUnsafe(TAIL_BYTES);
  parts.root.copy(tail);
  parts.signature.copy(tail, HASH_BYTES);
  const check = TAIL_BYTES - HASH_BYTES;
  tail.writeUInt32LE(
    HEAD_BYTES + directory.length + leaves.length + payloads.length + TAIL_BYTES,
    check - 4,
  );
  const checked = Buffer.concat([head, directory, tail.subarray(0, check)]);
  hash('sha256', checked, 'buffer').copy(tail, check);
  return [head, directory, leaves, payloads, tail];
}

function frameCheck(frame: Buffer, count: number): Buffer {
  const checked = Buffer.concat([
    frame.subarray(0, HEAD_BYTES + count * DIRECTORY_ENTRY_BYTES),
    frame.subarray(frame.length - TAIL_BYTES, frame.length - HASH_BYTES),
  ]);
  return hash('sha256', checked, 'buffer');
}

function directoryAddsUp(frame: Buffer, head: FrameHead): boolean {
  let leaves = 0;
  let payloads = 0;
  for (let i = 0; i < head.count; i++) {
    const at = HEAD_BYTES + i * DIRECTORY_ENTRY_BYTES + HASH_BYTES;
    const leafBytes = frame.readUInt32LE(at);
    if (leafBytes < 1 || leafBytes > MAX_LEAF_BYTES) return false;
    leaves += leafBytes;
    payloads += frame.readUInt32LE(at + 4);
  }
  return leaves === head.leavesBytes && payloads === head.payloadsBytes;
}

function readSafeInteger(bytes: Buffer, offset: number): number | undefined {
  const value = bytes.readUInt32LE(offset + 4) * 2 ** 32 + bytes.readUInt32LE(offset);
  return Number.isSafeInteger(value) ? value : undefined;
}
