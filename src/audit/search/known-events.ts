/**
 * Which ids the index has, asked on the writer's thread for every event that is sent: filters in
 * memory answer "no" almost always without a look at the file.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { EventResource } from '../../contracts/event.ts';
import { EntryReader } from '../log/segment-reader.ts';
import type { EntryLocation } from '../ports.ts';
import { decodeEntry } from './decode-entry.ts';
import { searchErrors } from './errors.ts';
import { hashesOf, IdFilter } from './id-filter.ts';
import { openIndexForReading, SHARD_ENTRIES, shardOf } from './index-schema.ts';
import { readProgress } from './index-writer.ts';
import { hashId, type IdHash, idMark } from './mark-tokens.ts';
import { mergeEvent } from './merge-event.ts';
import { entriesOfRow } from './read-event.ts';
import type { EventEntries } from './thread-messages.ts';

export interface KnownEvent {
  /** Of its entry or intent. */
  readonly seq: number;
  readonly location: EntryLocation;
}

export interface KnownEvents {
  /**
   * Number of entries that `find` answers for; 0 while there is no index. What was written since
   * has to be known otherwise.
   */
  indexed(): number;
  /**
   * Of what the last `indexed` counted: until that is asked again, the file is not changed for another.
   * @returns undefined as well for an event that was erased
   * @throws audit_index_unavailable when the index breaks at that moment
   */
  find(id: string): KnownEvent | undefined;
  /** Of the ids given, those that it has, as the index has them. @throws as find */
  findEvents(ids: readonly string[]): ReadonlyMap<string, EventResource>;
  close(): void;
}

/** Looks at the file again, at most so often: it grows, and may be exchanged for another. */
const REFRESH_MS = 20;
/** After the file was missing or broken: somebody else mends it. */
const RETRY_MS = 200;

/** Copes with a file that is missing, broken or exchanged: then it knows of less. */
export function openKnownEvents(indexPath: string): KnownEvents {
  return new KnownEventsFile(indexPath);
}

interface OpenFile {
  readonly db: DatabaseSync;
  readonly inode: number;
  readonly seed: number;
  readonly filters: Map<number, IdFilter>;
  readonly batches: Map<number, number>;
  size: number;
}

class KnownEventsFile implements KnownEvents {
  readonly #path: string;
  #file: OpenFile | undefined;
  #nextLookMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  indexed(): number {
    return this.#current()?.size ?? 0;
  }

  find(id: string): KnownEvent | undefined {
    const entries = this.#entriesOf(id)?.entries;
    return entries && { seq: entries.seq, location: entries.location };
  }

  findEvents(ids: readonly string[]): ReadonlyMap<string, EventResource> {
    const found = new Map<string, EventResource>();
    for (const id of ids) {
      const event = this.#entriesOf(id)?.event;
      if (event !== undefined) found.set(id, event);
    }
    return found;
  }

  close(): void {
    this.#close();
    this.#nextLookMs = Number.POSITIVE_INFINITY;
  }

  #entriesOf(id: string): { entries: EventEntries; event: EventResource } | undefined {
    const file = this.#file ?? this.#current();
    if (file === undefined) return undefined;
    const hash = hashId(id, file.seed);
    for (const [shard, filter] of file.filters) {
      if (!filter.mayHave(hash.high, hash.low)) continue;
      const found = this.#lookUpSurely(file, shard, { id, hash });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** An event that may be there must not be taken for a new one. */
  #lookUpSurely(
    file: OpenFile,
    shard: number,
    sought: { readonly id: string; readonly hash: IdHash },
  ): { entries: EventEntries; event: EventResource } | undefined {
    try {
      // One moment of the file: a table of words may be exchanged for another.
      file.db.exec('BEGIN');
      const found = this.#lookUp(file, shard, sought);
      file.db.exec('COMMIT');
      return found;
    } catch (cause) {
      this.#fail();
      throw searchErrors.audit_index_unavailable(
        'Whether an event is in the audit log already cannot be said now: its index cannot be read.',
        { cause },
      );
    }
  }

  #lookUp(
    { db }: OpenFile,
    shard: number,
    { id, hash }: { readonly id: string; readonly hash: IdHash },
  ): { entries: EventEntries; event: EventResource } | undefined {
    const table = db.prepare('SELECT words FROM shards WHERE shard = ?').get(shard)?.words;
    if (typeof table !== 'string') return undefined;
    const rows = db
      .prepare(
        `SELECT e.* FROM ${table} f CROSS JOIN events e ON e.seq = f.rowid
         WHERE f.${table} MATCH ? ORDER BY f.rowid LIMIT 16`,
      )
      .all(`"${idMark(hash)}"`);
    using reader = new EntryReader(dirname(this.#path));
    for (const row of rows) {
      const entries = entriesOfRow(row);
      const first = decodeEntry(reader.read(entries.location));
      if (first?.entry.id !== id) continue;
      const completion = entries.completion && reader.read(entries.completion.location);
      const last = completion && decodeEntry(completion);
      return { entries, event: mergeEvent(first.entry, last?.entry) };
    }
    return undefined;
  }

  #current(): OpenFile | undefined {
    const nowMs = performance.now();
    if (nowMs < this.#nextLookMs) return this.#file;
    this.#nextLookMs = nowMs + REFRESH_MS;
    const inode = inodeOf(this.#path);
    if (inode !== this.#file?.inode) this.#close();
    if (inode === undefined) return undefined;
    this.#guarded(() => {
      this.#file ??= this.#open(inode);
      if (this.#file !== undefined) refresh(this.#file);
    });
    return this.#file;
  }

  #open(inode: number): OpenFile | undefined {
    const db = openIndexForReading(this.#path);
    if (db === undefined) return undefined;
    // Exchanged while it was opened: the journal may be the other's.
    if (inodeOf(this.#path) !== inode) {
      db.close();
      return undefined;
    }
    const seed = Number(db.prepare("SELECT value FROM meta WHERE name = 'seed'").get()?.value);
    return { db, inode, seed, filters: new Map(), batches: new Map(), size: 0 };
  }

  /** What is wrong with the file is noticed, told and mended by the index's own threads. */
  #guarded<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch {
      this.#fail();
      return undefined;
    }
  }

  #fail(): void {
    this.#close();
    this.#nextLookMs = performance.now() + RETRY_MS;
  }

  #close(): void {
    if (this.#file?.db.isOpen === true) this.#file.db.close();
    this.#file = undefined;
  }
}

/** Size and filters of one moment. */
function refresh(file: OpenFile): void {
  const { db, filters, batches } = file;
  db.exec('BEGIN');
  try {
    const { size } = readProgress(db);
    if (size === file.size) return;
    for (const { shard, bits } of db
      .prepare('SELECT shard, bits FROM id_filters WHERE shard >= ?')
      .iterate(Math.max(0, shardOf(file.size) - 2))) {
      if (!(bits instanceof Uint8Array) || batches.get(Number(shard)) === Infinity) continue;
      filters.set(Number(shard), IdFilter.ofBits(bits));
      batches.set(Number(shard), Number.POSITIVE_INFINITY);
    }
    for (let shard = 0; shard <= shardOf(size); shard++) addBatches(file, shard);
    file.size = size;
  } finally {
    db.exec('ROLLBACK');
  }
}

/** Of a shard that is not sealed: what came since the last look. */
function addBatches({ db, filters, batches }: OpenFile, shard: number): void {
  const last = batches.get(shard) ?? shard * SHARD_ENTRIES - 1;
  if (last === Number.POSITIVE_INFINITY) return;
  const rows = db
    .prepare('SELECT first_seq, hashes FROM id_batches WHERE first_seq > ? AND first_seq < ?')
    .all(last, (shard + 1) * SHARD_ENTRIES);
  const filter = filters.get(shard) ?? IdFilter.forIds(SHARD_ENTRIES);
  for (const { first_seq, hashes } of rows) {
    if (hashes instanceof Uint8Array) filter.addAll(hashesOf(hashes));
    batches.set(shard, Number(first_seq));
  }
  filters.set(shard, filter);
}

function inodeOf(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
