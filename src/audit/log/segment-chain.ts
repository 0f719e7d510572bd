/** That each segment goes on where the one before it ends, by its header and that one's tail. */

import { CompactRange } from '../tree/compact-range.ts';
import { readWindow } from './scan-frames.ts';
import { damaged, openSegment } from './segment-files.ts';
import { decodeFrame, MAX_FRAME_BYTES, TAIL_BYTES } from './segment-format.ts';

/** @param segments ascending; @throws audit_log_damaged */
export function checkSegmentChain(dir: string, segments: readonly number[]): void {
  let expected: { size: number; root: Buffer } | undefined;
  for (const [i, first] of segments.entries()) {
    using segment = openSegment(dir, first);
    if (first !== (expected?.size ?? 0))
      throw damaged(
        segment.path,
        0,
        `the entries from ${expected?.size ?? 0} on are missing before it`,
      );
    const { roots } = segment.header;
    if (expected !== undefined && !new CompactRange(first, roots).root().equals(expected.root))
      throw damaged(segment.path, 0, 'it does not continue the segment before it');
    if (i < segments.length - 1) expected = lastCommit(segment);
  }
}

function lastCommit(segment: ReturnType<typeof openSegment>): { size: number; root: Buffer } {
  const { fd, bytes, path, header } = segment;
  const lengthAt = bytes - TAIL_BYTES + 96;
  const length = lengthAt > 0 ? readWindow(fd, lengthAt, 4) : Buffer.alloc(0);
  const frameBytes = length.length === 4 ? length.readUInt32LE(0) : 0;
  const offset = bytes - frameBytes;
  if (frameBytes > 0 && frameBytes <= MAX_FRAME_BYTES && offset >= header.byteLength) {
    const frame = decodeFrame(readWindow(fd, offset, frameBytes));
    if (frame !== undefined) return { size: frame.first + frame.count, root: frame.root };
  }
  throw damaged(path, Math.max(offset, 0), 'it does not end with a complete frame');
}
