/** An export: a tar made while it is read, with all that proves its entries. */
import { createHash, hash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { ExportFormat } from '../../contracts/audit-status.ts';
import type { EventTerms } from '../../contracts/event-query.ts';
import { auditErrors } from '../errors.ts';
import type { AuditSearch } from '../ports.ts';
import { type Checkpoint, checkpointOrigin, openCheckpoint } from '../tree/checkpoint.ts';
import { type Signer, signNote } from '../tree/signed-note.ts';
import { loadSigningKey } from '../tree/signing-key.ts';
import { tilePath } from '../tree/tile-path.ts';
import { tilesOf } from '../tree/tile-source.ts';
import { type RowFormat, rowFormats } from './export-row.ts';
import { NeededTiles } from './needed-tiles.ts';
import { CheckedEntries } from './read-entries.ts';
import { TAR_END, tarFile } from './tar-stream.ts';

const PART_BYTES = 4 * 1024 * 1024;
/** Calls to agents share this thread: rows are made in slices of no more than that. */
const SLICE_MS = 2;
const INDEX_TIMEOUT_MS = 30_000;

export interface ExportOptions {
  /** SWARM_HOME/audit */
  readonly dir: string;
  readonly workspaceId: string;
  readonly search: Pick<AuditSearch, 'entries' | 'caughtUp'>;
  /** Text of a checkpoint whose tiles are published. */
  readonly checkpoint: () => Promise<string>;
  readonly terms: EventTerms;
  /** As it was asked for: stands in the manifest. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

interface Export extends ExportOptions {
  readonly signer: Signer;
  readonly note: string;
  readonly origin: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * As docs/audit-format.md says. One that breaks off has no manifest.
 * @throws audit_unavailable, audit_index_unavailable, event_query_invalid, audit_log_damaged
 */
export async function* exportEvents(options: ExportOptions): AsyncGenerator<Uint8Array> {
  const signer = loadSigningKey(options.dir);
  const origin = checkpointOrigin(signer.verifier, options.workspaceId);
  const note = await options.checkpoint();
  const { size } = checked(note, { key: signer.verifier, origin });
  await options.search.caughtUp(options.workspaceId, size, { timeoutMs: INDEX_TIMEOUT_MS });
  const made = { ...options, signer, note, origin, size, mtimeMs: options.clock.nowMs() };
  yield* tarFile('checkpoint', Buffer.from(note), made.mtimeMs);
  const tiles = new NeededTiles(size);
  const events = yield* eventParts(made, tiles);
  const source = tilesOf(join(options.dir, options.workspaceId));
  for (const tile of tiles) {
    options.signal.throwIfAborted();
    yield* tarFile(tilePath(tile), await source.readTile(tile), made.mtimeMs);
  }
  yield* manifest(made, events);
  yield TAR_END;
}

function checked(note: string, expected: Parameters<typeof openCheckpoint>[1]): Checkpoint {
  const checkpoint = openCheckpoint(note, expected);
  if ('fault' in checkpoint)
    throw auditErrors.audit_log_damaged(`The published checkpoint ${checkpoint.fault}.`);
  return checkpoint;
}

interface EventsFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly entries: number;
}

/** The events file in parts of some MiB, because a tar file says sizes before contents. */
class Parts {
  readonly #digest = createHash('sha256');
  readonly #format: RowFormat;
  readonly #mtimeMs: number;
  #pending: string[] = [];
  #pendingLength = 0;
  #bytes = 0;
  #count = 0;

  constructor(format: RowFormat, mtimeMs: number) {
    this.#format = format;
    this.#mtimeMs = mtimeMs;
  }

  add(text: string): void {
    this.#pending.push(text);
    this.#pendingLength += text.length;
  }

  get isFull(): boolean {
    return this.#pendingLength >= PART_BYTES;
  }

  take(): Uint8Array[] {
    const contents = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingLength = 0;
    this.#digest.update(contents);
    this.#bytes += contents.length;
    this.#count++;
    const number = String(this.#count).padStart(6, '0');
    const name = this.#format.file.replace('events', `events-${number}`);
    return tarFile(name, contents, this.#mtimeMs);
  }

  /** The last part, too: there is at least one. */
  get hasMore(): boolean {
    return this.#pendingLength > 0 || this.#count === 0;
  }

  end(entries: number): EventsFile {
    const sha256 = this.#digest.digest('hex');
    return { file: this.#format.file, bytes: this.#bytes, sha256, entries };
  }
}

async function* eventParts(
  made: Export,
  tiles: NeededTiles,
): AsyncGenerator<Uint8Array, EventsFile> {
  const { dir, format: name, search, signal, size, terms, workspaceId } = made;
  const format = rowFormats[name];
  const folder = join(dir, workspaceId);
  const parts = new Parts(format, made.mtimeMs);
  await using reader = new CheckedEntries({ dir: folder, tiles: tilesOf(folder), size });
  let entries = 0;
  let sliceFrom = performance.now();
  parts.add(format.head);
  for await (const places of search.entries(workspaceId, terms, { size, signal }))
    for await (const entry of reader.read(places)) {
      signal.throwIfAborted();
      if (entries > 0) parts.add(format.separator);
      parts.add(format.row(entry, workspaceId));
      tiles.add(entry.seq);
      entries++;
      if (parts.isFull) yield* parts.take();
      if (performance.now() - sliceFrom < SLICE_MS) continue;
      await setImmediate();
      sliceFrom = performance.now();
    }
  if (entries > 0) parts.add(format.separator.replace(',', ''));
  parts.add(format.tail);
  if (parts.hasMore) yield* parts.take();
  return parts.end(entries);
}

function* manifest(made: Export, { entries, ...events }: EventsFile): Generator<Uint8Array> {
  const { format, mtimeMs, note, origin, query, signer } = made;
  const exported = new Date(mtimeMs).toISOString();
  const contents = Buffer.from(
    `${JSON.stringify(
      {
        version: 'swarm-export/v1',
        format,
        origin,
        exported,
        query,
        entries,
        events,
        checkpoint: note,
      },
      null,
      2,
    )}\n`,
  );
  yield* tarFile('manifest.json', contents, mtimeMs);
  const signed = signNote(`swarm-export/v1\n${hash('sha256', contents, 'hex')}\n`, signer);
  yield* tarFile('manifest.sig', Buffer.from(signed), mtimeMs);
}
