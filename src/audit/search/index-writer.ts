/** Puts entries into an index: one transaction a batch, the position reached in the same one. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LogPosition } from '../ports.ts';
import {
  type CompletionUpdate,
  complete,
  completionUpdate,
  type EntryContent,
  type EventRow,
  eventRow,
} from './event-row.ts';
import { createWordsTable, shardOf, zoneOf } from './index-schema.ts';
import { NameNumbers } from './name-numbers.ts';

export interface IndexProgress {
  /** Number of entries that are in it, erased ones counted. */
  readonly size: number;
  /** Behind the last frame that is in it. */
  readonly end: LogPosition;
  /** The last frame, and its root in hexadecimal: says which log this is the index of. */
  readonly last: { readonly position: LogPosition; readonly root: string } | undefined;
}

export interface IndexBatch {
  /** Of the first frame. */
  readonly firstSeq: number;
  readonly start: LogPosition;
  /** Ascending; erased entries are left out. */
  readonly contents: readonly EntryContent[];
  readonly progress: IndexProgress;
}

const INSERT = `INSERT INTO events (seq, time_us, time_rest, status, kind, agent, tool, provider, model,
  machine, actor, actor_name, cost, segment, leaf, payload, c_seq, c_segment, c_leaf, c_payload)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const COMPLETE = `UPDATE events SET status = ?, agent = coalesce(?, agent), tool = coalesce(?, tool),
  provider = coalesce(?, provider), model = coalesce(?, model), machine = coalesce(?, machine),
  cost = coalesce(?, cost), c_seq = ?, c_segment = ?, c_leaf = ?, c_payload = ?
  WHERE seq = ? AND c_seq IS NULL`;
const WIDEN_ZONE = `INSERT INTO zones VALUES (?, ?, ?) ON CONFLICT (zone) DO UPDATE
  SET min_us = min(min_us, excluded.min_us), max_us = max(max_us, excluded.max_us)`;

export class IndexWriter {
  readonly #db: DatabaseSync;
  readonly #names: NameNumbers;
  readonly #seed: number;
  readonly #insert: StatementSync;
  readonly #complete: StatementSync;
  readonly #words = new Map<number, readonly StatementSync[]>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#names = new NameNumbers(db);
    this.#seed = Number(db.prepare("SELECT value FROM meta WHERE name = 'seed'").get()?.value);
    this.#insert = db.prepare(INSERT);
    this.#complete = db.prepare(COMPLETE);
  }

  /** All of it or, when it throws, nothing. */
  write(batch: IndexBatch): void {
    this.transaction(() => {
      const { rows, updates } = this.#rowsOf(batch.contents);
      // FTS5 writes out what it collected whenever rowids go backwards: older events first.
      updates.sort((a, b) => a.intent - b.intent);
      for (const update of updates) this.#update(update);
      for (const row of rows) this.#add(row);
      this.#widenZones(rows);
      this.#keepIds(rows);
      this.#keepProgress(batch);
    });
  }

  transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#names.forget();
      this.#words.clear();
      throw error;
    }
  }

  /** The words of one event again, from its entries: for a part that is made again. */
  wordsOf(contents: readonly EntryContent[]): string {
    const { rows } = this.#rowsOf(contents);
    return rows[0]?.words ?? '';
  }

  /** After a change of the tables of words. */
  forgetTables(): void {
    this.#words.clear();
  }

  #rowsOf(contents: readonly EntryContent[]): { rows: EventRow[]; updates: CompletionUpdate[] } {
    const context = { names: this.#names, seed: this.#seed };
    const rows = new Map<number, EventRow>();
    const updates: CompletionUpdate[] = [];
    for (const content of contents) {
      const { intent } = content.entry;
      if (content.entry.phase !== 'completion' || intent === undefined) {
        rows.set(content.entry.seq, eventRow(content, context));
        continue;
      }
      const update = completionUpdate({ ...content, intent }, context);
      const row = rows.get(intent);
      if (row === undefined) updates.push(update);
      else complete(row, update);
    }
    return { rows: [...rows.values()], updates };
  }

  #add(row: EventRow): void {
    const { facts, completion: c } = row;
    this.#insert.run(
      ...[row.seq, row.time.us, row.time.restNs, row.status, row.kind],
      ...[facts.agent, facts.tool, facts.provider, facts.model, facts.machine],
      ...[row.actor, row.actorName, facts.cost, row.segment, row.leaf, row.payload],
      ...[c?.seq ?? null, c?.segment ?? null, c?.leaf ?? null, c?.payload ?? null],
    );
    this.#addWords(row.seq, row.words);
  }

  /** Nothing happens when the intent was erased, or is completed already. */
  #update(update: CompletionUpdate): void {
    const { facts, completion: c } = update;
    const { changes } = this.#complete.run(
      ...[update.status, facts.agent, facts.tool, facts.provider, facts.model, facts.machine],
      ...[facts.cost, c.seq, c.segment, c.leaf, c.payload, update.intent],
    );
    if (Number(changes) > 0) this.#addWords(update.intent, update.words);
  }

  #addWords(seq: number, words: string): void {
    for (const statement of this.#statements(shardOf(seq))) statement.run(seq, words);
  }

  /** Two while the shard's words are made again: nothing that is added meanwhile may be missed. */
  #statements(shard: number): readonly StatementSync[] {
    const known = this.#words.get(shard);
    if (known !== undefined) return known;
    const find = this.#db.prepare('SELECT words, next_words FROM shards WHERE shard = ?');
    let row = find.get(shard);
    if (row === undefined) {
      const name = `words_${shard}_0`;
      createWordsTable(this.#db, name);
      this.#db.prepare('INSERT INTO shards VALUES (?, ?, NULL, 0)').run(shard, name);
      row = find.get(shard);
    }
    const statements = [row?.words, row?.next_words]
      .filter((name) => typeof name === 'string')
      .map((name) => this.#db.prepare(`INSERT INTO ${name} (rowid, words) VALUES (?, ?)`));
    this.#words.set(shard, statements);
    return statements;
  }

  #widenZones(rows: readonly EventRow[]): void {
    const zones = new Map<number, [number, number]>();
    for (const { seq, time } of rows) {
      const zone = zones.get(zoneOf(seq));
      if (zone === undefined) zones.set(zoneOf(seq), [time.us, time.us]);
      else {
        zone[0] = Math.min(zone[0], time.us);
        zone[1] = Math.max(zone[1], time.us);
      }
    }
    const widen = this.#db.prepare(WIDEN_ZONE);
    for (const [zone, [min, max]] of zones) widen.run(zone, min, max);
  }

  #keepIds(rows: readonly EventRow[]): void {
    const keep = this.#db.prepare('INSERT OR REPLACE INTO id_batches VALUES (?, ?)');
    for (const [, group] of Map.groupBy(rows, (row) => shardOf(row.seq))) {
      const hashes = new Uint32Array(group.length * 2);
      for (const [i, row] of group.entries()) {
        hashes[2 * i] = row.idHash.high;
        hashes[2 * i + 1] = row.idHash.low;
      }
      keep.run(group[0]?.seq ?? 0, new Uint8Array(hashes.buffer));
    }
  }

  #keepProgress({ firstSeq, start, progress }: IndexBatch): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)')
      .run(firstSeq, start.segment, start.offset);
    this.#db
      .prepare("INSERT OR REPLACE INTO meta VALUES ('progress', ?)")
      .run(JSON.stringify(progress));
  }
}

export function readProgress(db: DatabaseSync): IndexProgress {
  const text = db.prepare("SELECT value FROM meta WHERE name = 'progress'").get()?.value;
  if (typeof text !== 'string') return { size: 0, end: { segment: 0, offset: 0 }, last: undefined };
  return JSON.parse(text);
}
