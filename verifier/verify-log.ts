/** Verifies one workspace's log: segments, tree, tiles, checkpoints, erasure, halves of actions. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Erasure } from './erasure.ts';
import type { Findings } from './findings.ts';
import { Halves } from './halves.ts';
import { base64, EMPTY_ROOT } from './hash-tree.ts';
import { laterErasures } from './later-erasures.ts';
import { listSegments, listTiles, readIfThere, type SegmentFile } from './log-folder.ts';
import type { SegmentJob, SegmentResult } from './segment-job.ts';
import { verifySegments } from './segment-pool.ts';
import { type Checkpoint, NoteProblem, openCheckpoint, type VerifierKey } from './signed-note.ts';
import { TILE_WIDTH, type Tile } from './tile-path.ts';
import { Tiles } from './tiles.ts';

export interface LogSummary {
  readonly workspace: string;
  readonly origin: string;
  /** Entries in complete frames. */
  readonly entries: number;
  /** Entries that the published checkpoint covers. */
  readonly published: number;
  /** Base64, of the published checkpoint. */
  readonly root: string | undefined;
  readonly segments: number;
  readonly bytes: number;
  readonly erasedEntries: number;
  readonly erasedPayloads: number;
  /** Begun and not completed: still running, or settled as unknown at the next start. */
  readonly openIntents: number;
}

export interface LogOptions {
  readonly folder: string;
  readonly workspace: string;
  readonly key: VerifierKey;
  readonly everySignature: boolean;
  /** Default: one for each processor. */
  readonly threads?: number;
  /** An older one that left the machine. */
  readonly kept?: Checkpoint;
  readonly findings: Findings;
  readonly onProgress?: (done: { readonly bytes: number; readonly of: number }) => void;
}

/** @returns undefined when it is missing or wrong */
function publishedCheckpoint(options: LogOptions, origin: string): Checkpoint | undefined {
  const { findings, folder, key } = options;
  const file = 'checkpoint';
  const bytes = readIfThere(join(folder, file));
  if (bytes === undefined) return undefined;
  try {
    const checkpoint = openCheckpoint(bytes, key);
    if (checkpoint.origin === origin) return checkpoint;
    const message = `it is of the log ${checkpoint.origin}, not of ${origin}`;
    findings.add({ code: 'checkpoint_origin', message, file });
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    findings.add({ code: 'checkpoint_invalid', message: error.message, file });
  }
  return undefined;
}

function jobsOf(options: {
  readonly log: LogOptions;
  readonly origin: string;
  readonly segments: readonly SegmentFile[];
  readonly tiles: readonly Tile[];
  readonly publishedSize: number;
  readonly wantedSizes: readonly number[];
}): SegmentJob[] {
  const { log, segments, tiles } = options;
  const partials = tiles.filter((tile) => tile.level === 0 && tile.width < TILE_WIDTH);
  return segments.map(({ file, first }, i) => {
    const isLast = i === segments.length - 1;
    const end = segments[i + 1]?.first ?? Number.POSITIVE_INFINITY;
    return {
      path: join(log.folder, file),
      file,
      first,
      isLast,
      keyText: log.key.text,
      origin: options.origin,
      workspace: log.workspace,
      wantedSizes: options.wantedSizes,
      publishedSize: options.publishedSize,
      everySignature: log.everySignature,
      tileFolder: join(log.folder, 'tile'),
      partialTiles: partials
        .filter((tile) => tile.number * TILE_WIDTH >= first && tile.number * TILE_WIDTH < end)
        .map((tile) => [tile.number, tile.width] as const),
    };
  });
}

/** Puts what the segments say together, in their order. */
class LogRun {
  readonly erasure = new Erasure();
  readonly halves = new Halves();
  readonly tiles = new Tiles();
  readonly roots = new Map<number, string>();
  readonly #findings: Findings;
  size = 0;
  bytes = 0;
  /** Every segment so far was whole and followed the one before. */
  isContinuous = true;
  #peaks: readonly string[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(result: SegmentResult): void {
    this.#findings.merge(result.report);
    this.erasure.add(result);
    this.halves.add(result);
    this.bytes += result.bytes;
    const isTornHeader = result.isWhole && result.count === 0 && result.endPeaks.length === 0;
    if (this.isContinuous && !(isTornHeader && result.first > 0)) this.#follow(result);
    if (!result.isWhole) this.isContinuous = false;
    if (this.isContinuous) this.tiles.add(result);
    for (const [size, root] of result.roots) if (this.isContinuous) this.roots.set(size, root);
    this.size = Math.max(this.size, result.first + result.count);
  }

  #follow(result: SegmentResult): void {
    const { file, first } = result;
    if (first !== this.size) {
      const message = `entries ${this.size} to ${first - 1} are not there`;
      this.#findings.add({ code: 'segment_missing', message, file, seq: this.size });
      this.isContinuous = false;
      return;
    }
    const expected = this.#peaks.join('');
    if (result.startPeaks.join('') !== expected) {
      const message = 'its header states another tree than the segments before it make';
      this.#findings.add({ code: 'segment_header_tree', message, file, offset: 16 });
      this.isContinuous = false;
    }
    this.#peaks = result.endPeaks;
  }

  /** A checkpoint that is known to be signed: the tree of that size must have that root. */
  checkpoint(checkpoint: Checkpoint, file: string): void {
    const { size, root } = checkpoint;
    if (size > this.size) {
      const message = `it tells of ${size} entries, and the log has ${this.size}`;
      this.#findings.add({ code: 'log_truncated', message, file });
      return;
    }
    const found = this.roots.get(size);
    if (found === root) return;
    const message =
      found === undefined
        ? `the tree of its ${size} entries cannot be made: the log is damaged`
        : `the log's first ${size} entries make another tree: they were changed`;
    this.#findings.add({ code: 'checkpoint_root', message, file });
  }
}

export async function verifyLog(options: LogOptions): Promise<LogSummary> {
  const { folder, findings, kept, workspace } = options;
  const origin = `${options.key.name}/${workspace}`;
  // In this order: what is read later can only be more.
  const published = publishedCheckpoint(options, origin);
  const tiles = listTiles(folder, findings);
  const segments = listSegments(folder, findings);
  const sizes = segments.map(({ file }) => statSync(join(folder, file)).size);
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const run = new LogRun(findings);
  const publishedSize = published?.size ?? 0;
  const wantedSizes = [published?.size, kept?.size].filter((size) => size !== undefined);
  const jobs = jobsOf({ log: options, origin, segments, tiles, publishedSize, wantedSizes });
  if (segments.length === 0) run.roots.set(0, EMPTY_ROOT);
  await verifySegments(jobs, {
    totalBytes,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    onResult: (result) => {
      run.add(result);
      options.onProgress?.({ bytes: run.bytes, of: totalBytes });
    },
  });
  if (published !== undefined) run.checkpoint(published, 'checkpoint');
  else if (!existsSync(join(folder, 'checkpoint')) && run.size > 0)
    findings.note({
      code: 'checkpoint_missing',
      message: 'no checkpoint was published yet, or it was removed',
      file: 'checkpoint',
    });
  if (kept !== undefined) run.checkpoint(kept, 'the checkpoint that was given');
  if (run.isContinuous)
    run.tiles.check({ folder: join(folder, 'tile'), listed: tiles, publishedSize, findings });
  const last = jobs.at(-1);
  if (last !== undefined && run.erasure.hasUnannounced())
    run.erasure.announce(laterErasures(folder, last));
  run.erasure.finish(findings);
  run.halves.finish(findings, (seq) => run.erasure.isErased(seq));
  return {
    workspace,
    origin,
    entries: run.size,
    published: publishedSize,
    root: published === undefined ? undefined : base64(published.root),
    segments: segments.length,
    bytes: totalBytes,
    erasedEntries: run.erasure.entries,
    erasedPayloads: run.erasure.payloads,
    openIntents: run.halves.openCount,
  };
}
