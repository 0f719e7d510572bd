/** Verifies an export: its manifest, its rows, and that every row is an entry of the log. */
import { createHash, hash } from 'node:crypto';
import { RecordProblem, records } from './export-records.ts';
import {
  EVENT_FILES,
  type ExportFormat,
  FORMATS,
  type Row,
  RowProblem,
  readRow,
} from './export-rows.ts';
import { ExportSource, SourceProblem } from './export-source.ts';
import { ExportTiles } from './export-tiles.ts';
import type { Findings } from './findings.ts';
import {
  type Checkpoint,
  NoteProblem,
  openCheckpoint,
  openNote,
  type VerifierKey,
} from './signed-note.ts';

const MAX_SMALL_FILE_BYTES = 16 * 1024 * 1024;

export interface ExportSummary {
  readonly origin: string;
  readonly format: string;
  readonly entries: number;
  /** Of the tree that it was made from. */
  readonly size: number;
  readonly erased: number;
}

interface Manifest {
  readonly format: ExportFormat;
  readonly origin: string;
  readonly entries: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly checkpoint: string;
}

interface ExportOptions {
  readonly key: VerifierKey;
  readonly kept: Checkpoint | undefined;
  readonly findings: Findings;
  readonly onProgress?: (done: { readonly bytes: number; readonly of: number }) => void;
}

/** What makes looking further pointless. */
class ExportProblem extends Error {
  readonly code: string;
  readonly file: string;
  constructor(code: string, file: string, message: string) {
    super(message);
    this.code = code;
    this.file = file;
  }
}

function readManifest(bytes: Buffer): Manifest {
  const file = 'manifest.json';
  const wrong = (message: string) => new ExportProblem('manifest_malformed', file, message);
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw wrong('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || value.version !== 'swarm-export/v1')
    throw wrong('it is not of the version swarm-export/v1');
  const events = (value.events ?? {}) as Record<string, unknown>;
  const format = FORMATS.find((one) => one === value.format);
  const isCount = (count: unknown) => Number.isSafeInteger(count) && Number(count) >= 0;
  if (
    format === undefined ||
    typeof value.origin !== 'string' ||
    typeof value.checkpoint !== 'string' ||
    typeof value.query !== 'object' ||
    !isCount(value.entries) ||
    !isCount(events.bytes) ||
    typeof events.sha256 !== 'string' ||
    events.file !== EVENT_FILES[format]
  )
    throw wrong('one of its members is missing or of a wrong type');
  return {
    format,
    origin: value.origin,
    entries: Number(value.entries),
    bytes: Number(events.bytes),
    sha256: events.sha256,
    checkpoint: value.checkpoint,
  };
}

class ExportRun {
  readonly #source: ExportSource;
  readonly #options: ExportOptions;
  readonly #findings: Findings;
  #open = new Map<number, unknown>();
  #seen = new Set<number>();

  constructor(source: ExportSource, options: ExportOptions) {
    this.#source = source;
    this.#options = options;
    this.#findings = options.findings;
  }

  run(): ExportSummary {
    const manifest = this.#manifest();
    const checkpoint = this.#checkpoint(manifest);
    const tiles = new ExportTiles({ source: this.#source, checkpoint, findings: this.#findings });
    tiles.checkEdge();
    const files = this.#eventFiles(manifest.format);
    const rows = this.#rows({ files, manifest, tiles, size: checkpoint.size });
    this.#files(files, tiles);
    const { format, origin } = manifest;
    return { origin, format, size: checkpoint.size, ...rows };
  }

  #read(file: string): Buffer {
    const bytes = this.#source.read(file, MAX_SMALL_FILE_BYTES);
    if (bytes === undefined)
      throw new ExportProblem(
        'file_missing',
        file,
        'the export has no such file, or far too long a one',
      );
    return bytes;
  }

  #manifest(): Manifest {
    const bytes = this.#read('manifest.json');
    const file = 'manifest.sig';
    try {
      const text = openNote(this.#read(file), this.#options.key);
      if (text !== `swarm-export/v1\n${hash('sha256', bytes, 'hex')}\n`)
        this.#add('manifest_signature', file, 'it signs another manifest.json');
    } catch (error) {
      if (!(error instanceof NoteProblem)) throw error;
      this.#add('manifest_signature', file, error.message);
    }
    return readManifest(bytes);
  }

  #add(code: string, file: string, message: string): void {
    this.#findings.add({ code, message, file });
  }

  #checkpoint({ origin, checkpoint: text }: Manifest): Checkpoint {
    const file = 'checkpoint';
    const bytes = this.#read(file);
    if (!bytes.equals(Buffer.from(text)))
      this.#add('checkpoint_differs', file, 'it is not the one that the manifest has');
    try {
      const checkpoint = openCheckpoint(bytes, this.#options.key);
      const { key, kept } = this.#options;
      if (checkpoint.origin !== origin || !origin.startsWith(`${key.name}/`))
        this.#add(
          'checkpoint_origin',
          file,
          `it is of the log ${checkpoint.origin}, not of ${origin}`,
        );
      if (kept !== undefined && kept.origin !== origin)
        this.#add('checkpoint_origin', file, `the checkpoint that was given is of ${kept.origin}`);
      else if (kept?.size === checkpoint.size && kept.root !== checkpoint.root)
        this.#add('checkpoint_root', file, 'the checkpoint that was given states another tree');
      return checkpoint;
    } catch (error) {
      if (error instanceof NoteProblem)
        throw new ExportProblem('checkpoint_invalid', file, error.message);
      throw error;
    }
  }

  /** One file, or the parts of it in their order. */
  #eventFiles(format: ExportFormat): string[] {
    const whole = EVENT_FILES[format];
    const names = this.#source.names();
    if (names.includes(whole)) return [whole];
    const parts = names.filter((name) => /^events-\d{6,}\./.test(name));
    const suffix = whole.slice('events'.length);
    const expected = parts.map((_, i) => `events-${String(i + 1).padStart(6, '0')}${suffix}`);
    if (parts.length === 0) throw new ExportProblem('file_missing', whole, 'there are no events');
    for (const [i, name] of expected.entries())
      if (!parts.includes(name))
        throw new ExportProblem('file_missing', name, `part ${i + 1} of the events is not there`);
    return expected;
  }

  #rows(context: {
    readonly files: readonly string[];
    readonly manifest: Manifest;
    readonly tiles: ExportTiles;
    readonly size: number;
  }): { entries: number; erased: number } {
    const { files, manifest, tiles, size } = context;
    const { format } = manifest;
    const file = files.length === 1 ? (files[0] ?? '') : EVENT_FILES[format];
    const digest = createHash('sha256');
    const workspace = manifest.origin.slice(manifest.origin.indexOf('/') + 1);
    let offset = 0;
    let last = -1;
    let entries = 0;
    let erased = 0;
    let index = 0;
    let joined = '';
    for (const record of records(this.#chunks(files, digest), { isCsv: format === 'csv' })) {
      const text = record.toString('utf8');
      try {
        if (record.length !== Buffer.byteLength(text))
          throw new RowProblem('row_malformed', 'it is not UTF-8');
        const row = readRow(text, { format, index, workspace });
        if (row !== undefined) {
          if (row.seq <= last) throw new RowProblem('row_order', 'rows are not in order of seq');
          last = row.seq;
          entries += 1;
          if (row.entry === undefined) erased += 1;
          this.#entry(row, { tiles, size, workspace });
        }
      } catch (error) {
        if (!(error instanceof RowProblem)) throw error;
        this.#findings.add({ code: error.code, message: error.message, file, offset });
      }
      if (format === 'json') joined = jsonShape(joined, text, index);
      offset += record.length;
      index += 1;
    }
    if (format === 'json' && joined !== 'end')
      this.#add('row_malformed', file, 'its rows are not one JSON array, a row a line');
    if (format === 'csv' && index === 0) this.#add('row_malformed', file, 'it has no header');
    if (entries !== manifest.entries)
      this.#add(
        'entries_count',
        file,
        `it has ${entries} entries, the manifest says ${manifest.entries}`,
      );
    if (offset !== manifest.bytes || digest.digest('hex') !== manifest.sha256)
      this.#add('events_digest', file, 'the events are not those whose digest the manifest has');
    return { entries, erased };
  }

  *#chunks(files: readonly string[], digest: ReturnType<typeof createHash>): Generator<Buffer> {
    const of = files.reduce((sum, file) => sum + this.#source.size(file), 0);
    let bytes = 0;
    for (const file of files)
      for (const chunk of this.#source.chunks(file)) {
        digest.update(chunk);
        bytes += chunk.length;
        this.#options.onProgress?.({ bytes, of });
        yield chunk;
      }
  }

  #entry(row: Row, context: { tiles: ExportTiles; size: number; workspace: string }): void {
    const { seq, leaf, entry } = row;
    if (seq >= context.size)
      throw new RowProblem('row_beyond', `entry ${seq} is not below the checkpoint`);
    const expected = context.tiles.leafAt(seq);
    if (expected === undefined)
      throw new RowProblem('row_unproven', `nothing proves that entry ${seq} is in the log`);
    if (expected !== leaf)
      throw new RowProblem('leaf_mismatch', `entry ${seq} is not the one in the log`);
    if (entry === undefined) return;
    if (entry.workspace !== context.workspace)
      throw new RowProblem('entry_workspace', `entry ${seq} is of another workspace`);
    this.#half(entry, seq);
  }

  #half(entry: Readonly<Record<string, unknown>>, seq: number): void {
    if (entry.phase === 'intent') this.#open.set(seq, entry.id);
    if (entry.phase !== 'completion') return;
    const intent = Number(entry.intent);
    if (this.#seen.has(intent))
      throw new RowProblem('intent_completed_twice', `entry ${seq} completes ${intent} again`);
    if (this.#open.has(intent) && this.#open.get(intent) !== entry.id)
      throw new RowProblem('completion_without_intent', `entry ${seq} and its intent differ in id`);
    if (!(intent < seq))
      throw new RowProblem('completion_without_intent', `entry ${seq} names no earlier intent`);
    this.#open.delete(intent);
    this.#seen.add(intent);
  }

  #files(files: readonly string[], tiles: ExportTiles): void {
    const known = new Set([...files, 'checkpoint', 'manifest.json', 'manifest.sig']);
    const rest = this.#source.names().filter((name) => !known.has(name));
    for (const file of rest)
      if (!file.startsWith('tile/')) this.#add('unknown_file', file, 'an export has no such file');
    tiles.checkUnused(rest);
  }
}

/** Follows `[`, rows with commas between them, `]`. */
function jsonShape(before: string, text: string, index: number): string {
  if (index === 0) return text === '[\n' ? 'start' : 'wrong';
  if (text === ']\n') return before === 'start' || before === 'last' ? 'end' : 'wrong';
  if (before !== 'start' && before !== 'more') return 'wrong';
  return text.endsWith(',\n') ? 'more' : 'last';
}

export function verifyExport(target: string, options: ExportOptions): ExportSummary {
  try {
    return new ExportRun(ExportSource.open(target), options).run();
  } catch (error) {
    const { findings } = options;
    if (error instanceof ExportProblem)
      findings.add({ code: error.code, message: error.message, file: error.file });
    else if (error instanceof SourceProblem)
      findings.add({ code: 'tar_damaged', message: error.message });
    else if (error instanceof RecordProblem)
      findings.add({ code: 'row_malformed', message: error.message });
    else throw error;
    return { origin: '', format: '', entries: 0, size: 0, erased: 0 };
  }
}
