/**
 * One workspace's log, open for writing: entries are staged, written as one frame, and committed
 * when the caller has made the frame durable. Knows no threads and no time.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, writevSync } from 'node:fs';
import type { AppendItem, CommittedLog, LogPosition } from '../ports.ts';
import { type Checkpoint, checkpointOrigin, checkpointText } from '../tree/checkpoint.ts';
import { CompactRange } from '../tree/compact-range.ts';
import type { PendingTiles } from '../tree/pending-tiles.ts';
import { formatNote, signText } from '../tree/signed-note.ts';
import { writeFully } from './durable-files.ts';
import { type EncodedEntry, type EntrySources, encodeEntry } from './encode-entry.ts';
import { type CutTail, createSegment, type LogPlace, recoverLog } from './recover-log.ts';
import { recoverTiles } from './recover-tiles.ts';
import { segmentPath } from './segment-files.ts';
import { encodeFrame, headerBytes } from './segment-format.ts';
import { StagedFrame } from './staged-frame.ts';

export interface WorkspaceLogOptions extends LogPlace {
  /** A new segment is begun when the last one has so many bytes. */
  readonly segmentBytes: number;
  readonly sources: EntrySources;
}

/** What the last start had to mend. */
export interface Repairs {
  readonly cut: CutTail | undefined;
  readonly mendedTiles: number;
}

export interface StagedEntries {
  readonly firstSeq: number;
  readonly count: number;
  /** Durable when this frame is, and those before it. */
  readonly frame: StagedFrame;
}

interface WrittenFrame {
  readonly frame: StagedFrame;
  readonly endOffset: number;
  readonly range: CompactRange;
  readonly nodes: readonly { readonly height: number; readonly hash: Buffer }[];
  readonly signature: Buffer;
}

export class WorkspaceLog {
  readonly repairs: Repairs;
  readonly #options: WorkspaceLogOptions;
  readonly #origin: string;
  readonly #tiles: PendingTiles;
  readonly #staged: StagedFrame[] = [];
  #segment: number;
  #fd: number;
  /** Durable, like the range, the signature and the tiles. */
  #endOffset: number;
  #range: CompactRange;
  #signature: Buffer | undefined;
  #nextSeq: number;
  #written: WrittenFrame | undefined;
  /** Of the last checkpoint that was there at the start. */
  readonly published: Checkpoint | undefined;

  /** @param cutBackTo see recoverLog; @throws audit_log_damaged; errors of the file system */
  static open(options: WorkspaceLogOptions, cutBackTo?: LogPosition): WorkspaceLog {
    const recovered = recoverLog(options, cutBackTo);
    try {
      return new WorkspaceLog(options, recovered);
    } catch (error) {
      closeSync(recovered.fd);
      throw error;
    }
  }

  private constructor(options: WorkspaceLogOptions, recovered: ReturnType<typeof recoverLog>) {
    this.#options = options;
    this.#origin = checkpointOrigin(options.signer.verifier, options.workspaceId);
    this.#segment = recovered.segment;
    this.#fd = recovered.fd;
    this.#endOffset = recovered.endOffset;
    this.#range = recovered.range;
    this.#signature = recovered.signature;
    this.#nextSeq = recovered.range.size;
    this.published = recovered.published;
    const end = { segment: recovered.segment, offset: recovered.endOffset };
    const { tiles, mended } = recoverTiles(options.dir, { published: recovered.published, end });
    this.#tiles = tiles;
    this.repairs = { cut: recovered.cut, mendedTiles: mended };
  }

  get committed(): CommittedLog {
    return { size: this.#range.size, end: { segment: this.#segment, offset: this.#endOffset } };
  }

  /** Durable tiles that are not published yet. */
  get tiles(): PendingTiles {
    return this.#tiles;
  }

  get hasStaged(): boolean {
    return this.#staged.length > 0;
  }

  /** The signed note of all that is committed. */
  checkpoint(): { readonly size: number; readonly note: string } {
    const { size } = this.#range;
    const { signer } = this.#options;
    const text = checkpointText(this.#origin, { size, root: this.#range.root() });
    const signature = this.#signature ?? signText(text, signer);
    return { size, note: formatNote(text, signature, signer.verifier) };
  }

  /**
   * All of them or none.
   * @throws audit_entry_too_large, audit_event_invalid
   */
  stage(
    items: readonly AppendItem[],
    now: { readonly ms: number; readonly iso: string },
  ): StagedEntries {
    const firstSeq = this.#nextSeq;
    const { workspaceId, sources } = this.#options;
    const place = { workspaceId, recorded: now.iso, nowMs: now.ms };
    const encoded: EncodedEntry[] = items.map(({ draft }, i) =>
      encodeEntry(draft, { ...place, seq: firstSeq + i }, sources),
    );
    let frame = this.#staged.at(-1);
    for (const entry of encoded) {
      if (frame === undefined || frame.isFull) {
        frame = new StagedFrame(this.#nextSeq);
        this.#staged.push(frame);
      }
      frame.add(entry);
      this.#nextSeq++;
    }
    if (frame === undefined) throw new Error('nothing to stage');
    return { firstSeq, count: items.length, frame };
  }

  /**
   * Writes the oldest staged frame behind the last commit; nothing may be written but not committed.
   * @returns the file to make durable before `commit`. On an error: `abandon`.
   */
  write(committedMs: number): number {
    const frame = this.#staged.shift();
    if (frame === undefined || this.#written !== undefined) throw new Error('nothing to write now');
    this.#rotateIfFull();
    const range = new CompactRange(this.#range.size, this.#range.roots());
    const nodes: { height: number; hash: Buffer }[] = [];
    for (const leafHash of frame.leafHashes)
      range.append(leafHash, (height, hash) => {
        if (height % 8 === 0) nodes.push({ height, hash });
      });
    const root = range.root();
    const { signer } = this.#options;
    const signature = signText(checkpointText(this.#origin, { size: range.size, root }), signer);
    const { first, count, directory, leaves, payloads } = frame;
    const pieces = encodeFrame({
      ...{ first, count, committedMs, directory, leaves, payloads, root, signature },
    });
    const endOffset = this.#endOffset + writePieces(this.#fd, pieces, this.#endOffset);
    this.#written = { frame, endOffset, range, nodes, signature };
    return this.#fd;
  }

  /** The written frame is durable. */
  commit(): StagedFrame {
    const written = this.#written;
    if (written === undefined) throw new Error('nothing was written');
    this.#written = undefined;
    this.#endOffset = written.endOffset;
    this.#range = written.range;
    this.#signature = written.signature;
    for (const { height, hash } of written.nodes) this.#tiles.push(height, hash);
    return written.frame;
  }

  /**
   * After an error: nothing that is not committed may be seen again. The log cannot be used any
   * more; it is opened anew, cut back to the end returned.
   */
  abandon(): LogPosition {
    const { end } = this.committed;
    try {
      ftruncateSync(this.#fd, end.offset);
      fsyncSync(this.#fd);
    } catch {
      // The next opening does it again, and cannot go on without.
    }
    this.close();
    return end;
  }

  /** Begins a new segment, so that nothing is written to those before it any more. */
  rotate(): void {
    if (this.#written !== undefined) throw new Error('a frame is not committed yet');
    if (this.#segment === this.#range.size) return;
    createSegment(this.#options.dir, this.#range);
    const fd = openSync(segmentPath(this.#options.dir, this.#range.size), 'r+');
    closeSync(this.#fd);
    this.#fd = fd;
    this.#segment = this.#range.size;
    this.#endOffset = headerBytes(this.#range.roots().length);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotateIfFull(): void {
    if (this.#endOffset >= this.#options.segmentBytes) this.rotate();
  }
}

/** @returns the number of bytes */
function writePieces(fd: number, pieces: readonly Buffer[], position: number): number {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const written = writevSync(fd, [...pieces], position);
  if (written < total) writeFully(fd, Buffer.concat(pieces).subarray(written), position + written);
  return total;
}
