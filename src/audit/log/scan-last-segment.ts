/** Reads the last segment to its end: the tree, and where the complete commits end. */
import { CompactRange } from '../tree/compact-range.ts';
import { hashLeaf } from '../tree/tree-hash.ts';
import { payloadCommitment } from './encode-entry.ts';
import { readWindow, scanFrames } from './scan-frames.ts';
import { damaged, openSegment } from './segment-files.ts';
import {
  decodeFrame,
  FRAME_MAGIC,
  type Frame,
  frameEntries,
  MAX_FRAME_BYTES,
} from './segment-format.ts';
import { isZero } from './segment-reader.ts';

export interface LastSegment {
  readonly first: number;
  readonly path: string;
  readonly fileBytes: number;
  /** Behind the last complete commit. */
  readonly endOffset: number;
  /** The tree up to there. */
  readonly range: CompactRange;
  readonly newest: { readonly offset: number; readonly signature: Buffer } | undefined;
  /** The tree's root when it had that many entries, if a commit ended there. */
  rootAt(size: number): Buffer | undefined;
  /** Where the commits behind that many entries begin. */
  offsetAt(size: number): number;
}

interface Commit {
  readonly size: number;
  readonly root: Buffer;
  readonly end: number;
}

/**
 * Something incomplete at the end is what a crash leaves, if nothing complete comes after it.
 * @throws audit_log_damaged
 */
export function scanLastSegment(dir: string, first: number): LastSegment {
  using segment = openSegment(dir, first);
  const { path, fd, header } = segment;
  const range = new CompactRange(first, header.roots);
  const commits: Commit[] = [{ size: first, root: range.root(), end: header.byteLength }];
  let newest: { offset: number; signature: Buffer } | undefined;
  let endOffset = header.byteLength;
  const frames = scanFrames(fd, { from: endOffset, to: segment.bytes });
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    const { frame, offset } = next.value;
    const before = new CompactRange(range.size, range.roots());
    const fault = frameFault(frame, range);
    if (fault !== undefined) {
      // Of the last one the head and tail may have reached the disk, and something between not.
      const torn = fault.unwritten && offset + frame.frameBytes === segment.bytes;
      if (!torn) throw damaged(path, offset, fault.what);
      return finish(before);
    }
    endOffset = offset + frame.frameBytes;
    newest = { offset, signature: Buffer.from(frame.signature) };
    commits.push({ size: range.size, root: Buffer.from(frame.root), end: endOffset });
  }
  refuseFramesBehind(segment, endOffset);
  return finish(range);

  function finish(tree: CompactRange): LastSegment {
    return {
      ...{ first, path, fileBytes: segment.bytes, endOffset, range: tree, newest },
      rootAt: (size) => commits.find((commit) => commit.size === size)?.root,
      offsetAt: (size) =>
        commits.findLast((commit) => commit.size <= size)?.end ?? header.byteLength,
    };
  }
}

interface FrameFault {
  readonly what: string;
  /** Bytes that a power cut can have kept from the disk. */
  readonly unwritten: boolean;
}

/** What is wrong with a frame whose structure is right; otherwise its leaves are in the range. */
function frameFault(frame: Frame, range: CompactRange): FrameFault | undefined {
  if (frame.first !== range.size)
    return {
      what: `the commit there begins with entry ${frame.first} and not ${range.size}`,
      unwritten: false,
    };
  for (const entry of frameEntries(frame)) {
    const leaf = frame.bytes.subarray(entry.leafOffset, entry.leafOffset + entry.leafBytes);
    const erased = isZero(leaf);
    if (!erased && !hashLeaf(leaf).equals(entry.leafHash))
      return { what: `entry ${entry.seq} does not have its hash`, unwritten: true };
    const payload = frame.bytes.subarray(
      entry.payloadOffset,
      entry.payloadOffset + entry.payloadBytes,
    );
    if (!erased && payload.length > 0 && !isZero(payload) && !commitmentHolds(leaf, payload))
      return {
        what: `the payload of entry ${entry.seq} does not have its commitment`,
        unwritten: true,
      };
    range.append(Buffer.from(entry.leafHash));
  }
  if (range.root().equals(frame.root)) return undefined;
  return { what: 'the commit there has another root', unwritten: false };
}

function commitmentHolds(leaf: Buffer, payload: Buffer): boolean {
  try {
    return JSON.parse(leaf.toString())?.payload?.commit === payloadCommitment(payload);
  } catch {
    return false;
  }
}

/** One commit is under way at a time: what a crash tore is one frame, and nothing complete follows. */
function refuseFramesBehind(
  segment: { readonly fd: number; readonly path: string; readonly bytes: number },
  end: number,
): void {
  if (segment.bytes - end > MAX_FRAME_BYTES)
    throw damaged(segment.path, end, 'there is no complete frame, and more behind it than one');
  const behind = readWindow(segment.fd, end, segment.bytes - end);
  for (let at = behind.indexOf(FRAME_MAGIC, 1); at > 0; at = behind.indexOf(FRAME_MAGIC, at + 1))
    if (decodeFrame(behind, at) !== undefined)
      throw damaged(segment.path, end, 'there is no complete frame, but there is one behind it');
}
