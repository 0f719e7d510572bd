/** Reads what is committed: by frames from a position on, or one entry by its location. */
import { closeSync, openSync } from 'node:fs';
import { auditErrors } from '../errors.ts';
import type { EntryLocation, LogPosition, StoredEntry } from '../ports.ts';
import { hashLeaf } from '../tree/tree-hash.ts';
import { readWindow, scanFrames } from './scan-frames.ts';
import { damaged, listSegments, openSegment, segmentPath } from './segment-files.ts';
import { type Frame, frameEntries, MAX_FRAME_BYTES } from './segment-format.ts';

export interface StoredFrame {
  readonly position: LogPosition;
  /** Where the next one begins, in this segment or as the first of the next. */
  readonly end: LogPosition;
  readonly committedMs: number;
  /** Of the tree up to and including this frame. */
  readonly root: Buffer;
  /** 64 bytes: of that tree's checkpoint. */
  readonly signature: Buffer;
  readonly entries: readonly StoredEntry[];
}

export interface FrameRange {
  /** The beginning of a frame or the end of one; offset 0: the first of the segment. */
  readonly from: LogPosition;
  /** As `committed` says it: behind the last frame that is read. */
  readonly to: LogPosition;
  /** false: leaves are given as they lie there. Default: one that is not as it was is an error. */
  readonly verifyLeaves?: boolean;
}

/**
 * Synchronous, for threads that may block. Memory: one frame, or 1 MiB of smaller ones.
 * @param dir of the workspace
 * @throws audit_log_damaged
 */
export function* readFrames(dir: string, range: FrameRange): Generator<StoredFrame> {
  const { from, to } = range;
  const segments = listSegments(dir).filter(
    (first) => first >= from.segment && first <= to.segment,
  );
  let offset = from.offset;
  if (segments[0] !== from.segment && (from.segment < to.segment || from.offset < to.offset))
    throw damaged(segmentPath(dir, from.segment), 0, 'the segment is not there');
  for (const first of segments) {
    using segment = openSegment(dir, first);
    const begin = Math.max(offset, segment.header.byteLength);
    const limit = first === to.segment ? to.offset : segment.bytes;
    const frames = scanFrames(segment.fd, { from: begin, to: limit });
    for (let next = frames.next(); ; next = frames.next()) {
      if (next.done === true) {
        if (!next.value.complete)
          throw damaged(segment.path, next.value.offset, 'there is no complete frame');
        break;
      }
      yield storedFrame({ dir, segment: first }, next.value.offset, {
        frame: next.value.frame,
        verify: range.verifyLeaves !== false,
      });
    }
    offset = 0;
  }
}

function storedFrame(
  place: { readonly dir: string; readonly segment: number },
  offset: number,
  { frame, verify }: { readonly frame: Frame; readonly verify: boolean },
): StoredFrame {
  const { segment } = place;
  const entries = frameEntries(frame).map((entry): StoredEntry => {
    const bytes = frame.bytes.subarray(entry.leafOffset, entry.leafOffset + entry.leafBytes);
    const leaf = isZero(bytes) ? undefined : bytes;
    if (verify && leaf !== undefined && !hashLeaf(leaf).equals(entry.leafHash))
      throw damaged(
        segmentPath(place.dir, segment),
        offset + entry.leafOffset,
        `entry ${entry.seq} does not have its hash`,
      );
    return {
      seq: entry.seq,
      leafHash: entry.leafHash,
      leaf,
      payload: storedPayload(
        frame.bytes.subarray(entry.payloadOffset, entry.payloadOffset + entry.payloadBytes),
      ),
      location: {
        segment,
        leafOffset: offset + entry.leafOffset,
        leafBytes: entry.leafBytes,
        payloadOffset: offset + entry.payloadOffset,
        payloadBytes: entry.payloadBytes,
      },
    };
  });
  return {
    position: { segment, offset },
    end: { segment, offset: offset + frame.frameBytes },
    committedMs: frame.committedMs,
    root: frame.root,
    signature: frame.signature,
    entries,
  };
}

function storedPayload(bytes: Buffer): Buffer | null | undefined {
  if (bytes.length === 0) return undefined;
  return isZero(bytes) ? null : bytes;
}

/** One that is open at the same time as others, for many entries one after the other. */
const MAX_OPEN_SEGMENTS = 8;

/**
 * Reads single entries. Keeps segments open: what is erased meanwhile can still be read until it is
 * disposed of, so it lives no longer than one export or one request.
 */
export class EntryReader implements Disposable {
  readonly #dir: string;
  readonly #open = new Map<number, number>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws audit_log_damaged */
  read(location: EntryLocation): Pick<StoredEntry, 'leaf' | 'payload'> {
    const leaf = this.#bytes(location, location.leafOffset, location.leafBytes);
    const payload = this.#bytes(location, location.payloadOffset, location.payloadBytes);
    return { leaf: isZero(leaf) ? undefined : leaf, payload: storedPayload(payload) };
  }

  #bytes(location: EntryLocation, offset: number, length: number): Buffer {
    if (length === 0) return Buffer.alloc(0);
    const path = segmentPath(this.#dir, location.segment);
    if (!isPlace(offset) || !isPlace(length) || length > MAX_FRAME_BYTES)
      throw damaged(path, offset, `there is no entry of ${length} bytes`);
    const bytes = readWindow(this.#fd(location.segment), offset, length);
    if (bytes.length < length) throw damaged(path, offset, 'the segment is shorter than that');
    return bytes;
  }

  #fd(segment: number): number {
    const known = this.#open.get(segment);
    if (known !== undefined) return known;
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= MAX_OPEN_SEGMENTS) {
      closeSync(oldest[1]);
      this.#open.delete(oldest[0]);
    }
    const path = segmentPath(this.#dir, segment);
    try {
      const fd = openSync(path, 'r');
      this.#open.set(segment, fd);
      return fd;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
        throw damaged(path, 0, 'the segment is not there');
      throw auditErrors.audit_unavailable(`${path} cannot be read.`, { cause });
    }
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}

/** @param dir of the workspace. @throws audit_log_damaged */
export function readEntry(
  dir: string,
  location: EntryLocation,
): Pick<StoredEntry, 'leaf' | 'payload'> {
  using reader = new EntryReader(dir);
  return reader.read(location);
}

function isPlace(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Neither JSON nor, but for one chance in 2^256, a salt is all zeros. */
export function isZero(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
