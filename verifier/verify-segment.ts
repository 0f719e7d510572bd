/** Reads one segment from its first byte to its last and says what it is. Never throws. */
import { isUtf8 } from 'node:buffer';
import { EntryCheck, isZero } from './entry-check.ts';
import { FileWindow } from './file-window.ts';
import { Findings } from './findings.ts';
import {
  FRAME_MAGIC,
  type FrameHead,
  frameProblem,
  HEAD_BYTES,
  placesOf,
  readFrameHead,
  readSegmentHeader,
  TAIL_BYTES,
} from './frame.ts';
import { GrowingTree, HASH_BYTES } from './hash-tree.ts';
import type { SegmentJob, SegmentResult } from './segment-job.ts';
import { checkpointText, isSignatureOf, parseKey, type VerifierKey } from './signed-note.ts';
import { checkTileFile } from './tile-file.ts';
import { TILE_WIDTH } from './tile-path.ts';

const MAX_HEADER_BYTES = 17 + 32 * 64 + 32;
/** What missing pages of a frame look like. */
const TORN_CODES: ReadonlySet<string> = new Set([
  'leaf_mismatch',
  'payload_mismatch',
  'payload_left',
]);
const MAX_REREADS = 20;
const REREAD_PAUSE_MS = 30;
/**
 * A signature takes as long to check as a hundred entries. It vouches for the tree up to its frame,
 * so the last one vouches for all: of those before it enough are looked at to say where it begins.
 */
const SIGNATURE_EVERY = 256;
/** Heads of frames looked at behind a damaged one. */
const MAX_CANDIDATES = 10_000;

class SegmentRun {
  readonly findings = new Findings({ strict: false });
  readonly roots: (readonly [number, string])[] = [];
  readonly check: EntryCheck;
  tree = new GrowingTree(0, []);
  startPeaks: readonly string[] = [];
  count = 0;
  isWhole = false;
  readonly #leaves: Buffer[] = [];
  readonly #job: SegmentJob;
  readonly #window: FileWindow;
  readonly #key: VerifierKey;
  readonly #wanted: Set<number>;
  #rootsDiffer = false;
  #signedSize = 0;
  #rereads = 0;

  constructor(job: SegmentJob, window: FileWindow) {
    this.#job = job;
    this.#window = window;
    this.#key = parseKey(job.keyText);
    this.#wanted = new Set(job.wantedSizes);
    this.check = new EntryCheck({
      first: job.first,
      workspace: job.workspace,
      isErasedNow: (offset, length) => this.#isErasedNow(offset, length),
    });
  }

  #isErasedNow(offset: number, length: number): boolean {
    for (let i = 0; i < 3; i += 1) {
      this.#rereads += 1;
      if (this.#rereads > MAX_REREADS) return false;
      const bytes = this.#window.fresh(offset, length);
      if (bytes.length === length && isZero(bytes, 0, length)) return true;
      // Overwritten in part may mean: being overwritten.
      if (bytes.indexOf('\0\0\0\0\0\0\0\0') < 0) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REREAD_PAUSE_MS);
    }
    return false;
  }

  #find(code: string, message: string, offset: number): void {
    this.findings.add({ code, message, file: this.#job.file, offset });
  }

  #torn(offset: number): void {
    const message =
      `the last ${this.#window.size - offset} bytes are no complete frame: ` +
      'cut off by a crash, or being written';
    this.findings.note({ code: 'torn_tail', message, file: this.#job.file, offset });
  }

  run(): void {
    const job = this.#job;
    const header = readSegmentHeader(this.#window.at(0, MAX_HEADER_BYTES));
    if (header === undefined) {
      const isUnpublished = job.isLast && job.publishedSize <= job.first;
      if (isUnpublished && !this.#framesFrom(0)) {
        this.isWhole = true;
        this.#torn(0);
      } else this.#find('segment_header', 'this is not a complete header of a segment', 0);
      return;
    }
    if (header.first !== job.first) {
      const message = `its header says that it begins with entry ${header.first}`;
      this.#find('segment_name', message, 8);
      return;
    }
    this.startPeaks = header.peaks;
    this.tree = new GrowingTree(header.first, header.peaks);
    this.#wantedRoot();
    this.#frames(header.bytes);
    if (this.isWhole) this.#tiles();
  }

  #frames(from: number): void {
    let offset = from;
    while (offset < this.#window.size) {
      const head = readFrameHead(this.#window.at(offset, HEAD_BYTES), 0);
      if (head === undefined || offset + head.length > this.#window.size) {
        this.#incomplete(offset, 'there is no complete frame here');
        return;
      }
      const bytes = this.#window.at(offset, head.length);
      if (bytes.length < head.length) {
        this.#incomplete(offset, 'the frame ends before its end');
        return;
      }
      const problem = frameProblem(bytes, 0, head);
      if (problem !== undefined) {
        this.#incomplete(offset, `the frame is damaged: ${problem}`);
        return;
      }
      if (head.first !== this.tree.size) {
        const message = `the frame begins with entry ${head.first}, not ${this.tree.size}`;
        this.#find('sequence_gap', message, offset);
        return;
      }
      if (this.#isTornInside(bytes, head, offset)) {
        this.isWhole = true;
        this.#torn(offset);
        return;
      }
      this.#frame(bytes, head, offset);
      offset += head.length;
    }
    this.isWhole = true;
  }

  /** Of a last frame that was not published, some pages may have reached the disk and others not. */
  #isTornInside(bytes: Buffer, head: FrameHead, offset: number): boolean {
    const { isLast, publishedSize, first, workspace } = this.#job;
    const isUnpublished = head.first + head.count > publishedSize;
    if (!isLast || !isUnpublished || offset + head.length < this.#window.size) return false;
    const check = new EntryCheck({ first, workspace, isErasedNow: () => false });
    for (const place of placesOf(bytes, head, offset)) check.check(place);
    if (check.mismatches.some((mismatch) => TORN_CODES.has(mismatch.code))) return true;
    return check.erasedEntries.length + check.erasedPayloads.length > 0 && !check.sawErasure;
  }

  /** A last frame that nobody was told of is a torn tail; anything else is damage. */
  #incomplete(offset: number, message: string): void {
    const isUnpublished = this.#job.isLast && this.tree.size >= this.#job.publishedSize;
    if (isUnpublished && !this.#framesFrom(offset + 1)) {
      this.isWhole = true;
      this.#torn(offset);
    } else this.#find('frame_damaged', message, offset);
  }

  /** Whether a later complete frame of this very log begins anywhere from there on. */
  #framesFrom(from: number): boolean {
    let candidates = 0;
    for (let offset = from; offset + HEAD_BYTES + TAIL_BYTES <= this.#window.size; ) {
      const bytes = this.#window.at(offset, HEAD_BYTES);
      if (bytes.length < HEAD_BYTES) return false;
      const found = bytes.indexOf(FRAME_MAGIC);
      if (found < 0) {
        offset += bytes.length - 3;
        continue;
      }
      offset += found;
      const head = readFrameHead(this.#window.at(offset, HEAD_BYTES), 0);
      if (head !== undefined && this.#isLaterFrame(head, offset)) return true;
      candidates += head === undefined ? 0 : 1;
      if (candidates > MAX_CANDIDATES) return true;
      offset += 1;
    }
    return false;
  }

  /** A payload may hold the bytes of a frame: only one that this log's key signed counts. */
  #isLaterFrame(head: FrameHead, offset: number): boolean {
    if (head.first < this.tree.size || offset + head.length > this.#window.size) return false;
    const bytes = this.#window.at(offset, head.length);
    if (bytes.length < head.length || frameProblem(bytes, 0, head) !== undefined) return false;
    return this.#isSigned(bytes.subarray(head.length - TAIL_BYTES), head.first + head.count);
  }

  #frame(bytes: Buffer, head: FrameHead, offset: number): void {
    if (!isUtf8(bytes.subarray(head.directoryEnd, head.directoryEnd + head.entriesBytes)))
      this.#find('entry_not_utf8', 'entries of this frame are not UTF-8', offset);
    const leaves = Buffer.allocUnsafe(head.count * HASH_BYTES);
    let at = 0;
    for (const place of placesOf(bytes, head, offset)) {
      this.check.check(place);
      leaves.write(place.leafHash, at, 'latin1');
      at += HASH_BYTES;
      this.tree.append(place.leafHash);
      this.#wantedRoot();
    }
    this.#leaves.push(leaves);
    this.count += head.count;
    const isLast = offset + head.length >= this.#window.size;
    this.#signedRoot(bytes.subarray(head.length - TAIL_BYTES, head.length), { offset, isLast });
  }

  #wantedRoot(): void {
    if (this.#wanted.has(this.tree.size)) this.roots.push([this.tree.size, this.tree.root()]);
  }

  #signedRoot(tail: Buffer, { offset, isLast }: { offset: number; isLast: boolean }): void {
    const root = tail.toString('latin1', 0, HASH_BYTES);
    if (!this.#rootsDiffer && root !== this.tree.root()) {
      // All that follow in this segment would differ too.
      this.#rootsDiffer = true;
      this.#find('frame_root', "the tree's root is not the one that the frame states", offset);
    }
    const isDue = isLast || this.tree.size - this.#signedSize >= SIGNATURE_EVERY;
    if (!isDue && !this.#job.everySignature) return;
    this.#signedSize = this.tree.size;
    if (!this.#isSigned(tail, this.tree.size))
      this.#find('frame_signature', "the signature of the frame's checkpoint is wrong", offset);
  }

  #isSigned(tail: Buffer, size: number): boolean {
    const root = tail.toString('latin1', 0, HASH_BYTES);
    const text = checkpointText({ origin: this.#job.origin, size, root });
    return isSignatureOf(this.#key, {
      text,
      signature: tail.subarray(HASH_BYTES, HASH_BYTES + 64),
    });
  }

  #tiles(): void {
    const { tileFolder: folder, first, publishedSize, partialTiles } = this.#job;
    if (folder === undefined) return;
    const leaves = this.leaves();
    const slice = (from: number, to: number) =>
      leaves.subarray((from - first) * HASH_BYTES, (to - first) * HASH_BYTES);
    const end = first + this.count;
    for (let n = Math.ceil(first / TILE_WIDTH); (n + 1) * TILE_WIDTH <= end; n += 1) {
      const expected = slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH);
      const isRequired = (n + 1) * TILE_WIDTH <= publishedSize;
      const tile = { level: 0, number: n, width: TILE_WIDTH };
      checkTileFile({ folder, tile, expected, isRequired, findings: this.findings });
    }
    for (const [number, width] of partialTiles) {
      const from = number * TILE_WIDTH;
      // At its edges the tiles are between segments.
      if (from < first || from + TILE_WIDTH > end) continue;
      const tile = { level: 0, number, width };
      const expected = slice(from, from + width);
      checkTileFile({ folder, tile, expected, isRequired: false, findings: this.findings });
    }
  }

  leaves(): Buffer {
    const all = Buffer.concat(this.#leaves);
    this.#leaves.splice(0, this.#leaves.length, all);
    return all;
  }
}

function bitsOf(seqs: readonly number[], run: { first: number; count: number }): Uint8Array {
  if (seqs.length === 0) return new Uint8Array();
  const bits = new Uint8Array(Math.ceil(run.count / 8));
  for (const seq of seqs) {
    const at = seq - run.first;
    bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  }
  return bits;
}

export function verifySegment(job: SegmentJob): SegmentResult {
  let window: FileWindow | undefined;
  let run: SegmentRun | undefined;
  const findings = new Findings({ strict: false });
  try {
    window = new FileWindow(job.path);
    run = new SegmentRun(job, window);
    run.run();
  } catch (error) {
    const message = `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    (run?.findings ?? findings).add({ code: 'segment_unreadable', message, file: job.file });
  } finally {
    window?.close();
  }
  const leaves = run?.leaves() ?? Buffer.alloc(0);
  const count = run?.count ?? 0;
  const toBoundary = (TILE_WIDTH - (job.first % TILE_WIDTH)) % TILE_WIDTH;
  const headLeaves = leaves.subarray(0, toBoundary * HASH_BYTES);
  const tailCount = Math.min((job.first + count) % TILE_WIDTH, count);
  const check = run?.check;
  return {
    file: job.file,
    first: job.first,
    count,
    isWhole: run?.isWhole ?? false,
    bytes: window?.size ?? 0,
    startPeaks: run?.startPeaks ?? [],
    endPeaks: run?.tree.peaks ?? [],
    roots: run?.roots ?? [],
    height8: run?.tree.height8 ?? [],
    headLeaves: Buffer.from(headLeaves),
    tailLeaves: Buffer.from(leaves.subarray(leaves.length - tailCount * HASH_BYTES)),
    erasedEntries: bitsOf(check?.erasedEntries ?? [], { first: job.first, count }),
    erasedPayloads: bitsOf(check?.erasedPayloads ?? [], { first: job.first, count }),
    erasedRanges: check?.erasedRanges ?? [],
    mismatches: check?.mismatches ?? [],
    mismatchesTotal: check?.mismatchesTotal ?? 0,
    openIntents: check?.openIntents ?? [],
    completions: check?.completions ?? [],
    report: (run?.findings ?? findings).report(),
  };
}
