/** Frames of one open segment, one after the other, in little memory. */
import { readSync } from 'node:fs';
import { decodeFrame, decodeFrameHead, type Frame, HEAD_BYTES } from './segment-format.ts';

const WINDOW_BYTES = 1024 * 1024;

export interface ScannedFrame {
  readonly offset: number;
  readonly frame: Frame;
}

/** Where the frames end: at the limit, or where there is something that is no complete frame. */
export interface ScanEnd {
  readonly offset: number;
  readonly complete: boolean;
}

/**
 * Checks structure, not leaves. A frame's bytes stay valid after the next one is taken.
 * @param range bytes of the file: from the beginning of a frame up to the end of one
 */
export function* scanFrames(
  fd: number,
  range: { readonly from: number; readonly to: number },
): Generator<ScannedFrame, ScanEnd> {
  let offset = range.from;
  let window = Buffer.alloc(0);
  let windowAt = offset;
  while (offset < range.to) {
    const needed = frameBytesAt(window, offset - windowAt);
    if (offset - windowAt + needed > window.length) {
      if (offset + needed > range.to) return { offset, complete: false };
      window = readWindow(fd, offset, Math.min(Math.max(WINDOW_BYTES, needed), range.to - offset));
      windowAt = offset;
      if (window.length < needed) return { offset, complete: false };
      if (needed === HEAD_BYTES && decodeFrameHead(window) === undefined)
        return { offset, complete: false };
      continue;
    }
    const frame = decodeFrame(window, offset - windowAt);
    if (frame === undefined) return { offset, complete: false };
    yield { offset, frame };
    offset += frame.frameBytes;
  }
  return { offset, complete: true };
}

/** As far as it is known: a head's length before the head has been read. */
function frameBytesAt(window: Buffer, at: number): number {
  if (at + HEAD_BYTES > window.length) return HEAD_BYTES;
  return decodeFrameHead(window, at)?.frameBytes ?? HEAD_BYTES;
}

/** Shorter when the file is. */
export function readWindow(fd: number, offset: number, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
