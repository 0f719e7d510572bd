/** Finds an entry by its sequence number alone: the frames of one segment are leafed through. */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { auditErrors } from '../errors.ts';
import {
  DIRECTORY_ENTRY_BYTES,
  decodeFrameHead,
  decodeHeader,
  type FrameHead,
  HEAD_BYTES,
  MAX_HEADER_BYTES,
  parseSegmentName,
  segmentName,
} from '../log/segment-format.ts';
import type { EntryLocation } from '../ports.ts';
import { HASH_BYTES } from '../tree/tree-hash.ts';

const WINDOW_BYTES = 256 * 1024;

/**
 * @param dir of the workspace
 * @throws audit_log_damaged when the log does not have it where it should be
 */
export async function locateEntry(
  dir: string,
  seq: number,
): Promise<EntryLocation & { readonly seq: number }> {
  const names = await readdir(join(dir, 'segments'));
  const segment = names
    .map(parseSegmentName)
    .filter((first) => first !== undefined)
    .filter((first) => first <= seq)
    .reduce((highest, first) => Math.max(highest, first), 0);
  const path = join(dir, 'segments', segmentName(segment));
  await using file = await open(path, 'r');
  const window = new Window(file);
  const header = decodeHeader(await window.at(0, MAX_HEADER_BYTES));
  for (let offset = header?.byteLength ?? 0; offset > 0; ) {
    const head = decodeFrameHead(await window.at(offset, HEAD_BYTES));
    if (head === undefined) break;
    if (seq < head.first + head.count) {
      const length = HEAD_BYTES + head.count * DIRECTORY_ENTRY_BYTES;
      const bytes = await window.at(offset, length);
      if (seq < head.first || bytes.length < length) break;
      return { seq, segment, ...placeInFrame(bytes, { head, offset, index: seq - head.first }) };
    }
    offset += head.frameBytes;
  }
  throw auditErrors.audit_log_damaged(`Entry ${seq} is not in ${path}.`);
}

function placeInFrame(
  bytes: Buffer,
  { head, offset, index }: { head: FrameHead; offset: number; index: number },
): Omit<EntryLocation, 'segment'> {
  let leafOffset = offset + HEAD_BYTES + head.count * DIRECTORY_ENTRY_BYTES;
  let payloadOffset = leafOffset + head.leavesBytes;
  for (let i = 0; ; i++) {
    const at = HEAD_BYTES + i * DIRECTORY_ENTRY_BYTES + HASH_BYTES;
    const leafBytes = bytes.readUInt32LE(at);
    const payloadBytes = bytes.readUInt32LE(at + 4);
    if (i === index) return { leafOffset, leafBytes, payloadOffset, payloadBytes };
    leafOffset += leafBytes;
    payloadOffset += payloadBytes;
  }
}

/** Small frames lie close together: many heads come with one read. */
class Window {
  readonly #file: FileHandle;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** From there on, at least so many bytes unless the file ends before. */
  async at(offset: number, atLeast: number): Promise<Buffer> {
    const from = offset - this.#start;
    if (from < 0 || from + atLeast > this.#bytes.length) {
      const bytes = Buffer.allocUnsafe(Math.max(WINDOW_BYTES, atLeast));
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, offset);
      this.#start = offset;
      this.#bytes = bytes.subarray(0, bytesRead);
    }
    return this.#bytes.subarray(offset - this.#start);
  }
}
