/**
 * The index of one workspace: a SQLite file that can be thrown away. One row per event, keyed by
 * the sequence number of its entry or intent; facts that are filtered by lie in the row as numbers
 * of names, everything else is read from the segments when it is shown.
 *
 * Words lie in FTS5 tables of SHARD_ENTRIES entries each, so that one statement never takes long,
 * merging stays cheap, and erasing makes one part again. They hold words without positions
 * (detail=none) and no text (content=''). A completion adds its words to those of its intent by
 * inserting them under the same rowid: FTS5 joins the lists of a row by word, and nothing is taken back.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Raise it whenever tables or words are made differently: older files are made again. */
export const INDEX_VERSION = 1;
const APPLICATION_ID = 0x53574958;

export const SHARD_ENTRIES: number = 2 ** 19;
/** Entries whose first and last time are known together. */
export const ZONE_ENTRIES = 4096;

/** Fields of a row that are numbers in the table of names. */
export const NAME_FIELDS = [
  'kind',
  'agent',
  'tool',
  'provider',
  'model',
  'machine',
  'actor',
  'actor_name',
] as const;
export type NameField = (typeof NAME_FIELDS)[number];

const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE names (id INTEGER PRIMARY KEY, field TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (field, value));
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, time_us INTEGER, time_rest INTEGER, status INTEGER,
  kind INTEGER, agent INTEGER, tool INTEGER, provider INTEGER, model INTEGER, machine INTEGER,
  actor INTEGER, actor_name INTEGER, cost INTEGER,
  segment INTEGER, leaf INTEGER, payload INTEGER,
  c_seq INTEGER, c_segment INTEGER, c_leaf INTEGER, c_payload INTEGER);
CREATE INDEX events_open ON events (seq) WHERE status = 0;
CREATE TABLE zones (zone INTEGER PRIMARY KEY, min_us INTEGER, max_us INTEGER);
CREATE TABLE positions (seq INTEGER PRIMARY KEY, segment INTEGER, offset INTEGER);
CREATE TABLE shards (shard INTEGER PRIMARY KEY, words TEXT NOT NULL, next_words TEXT, sealed INTEGER NOT NULL);
CREATE TABLE id_batches (first_seq INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE id_filters (shard INTEGER PRIMARY KEY, bits BLOB NOT NULL);
`;

/** Makes an empty index. @param path of no file, or of an empty one */
export function createIndexDatabase(path: string): DatabaseSync {
  // SQLite gives its other files the mode of this one.
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path);
  db.exec('PRAGMA page_size = 4096');
  configure(db);
  db.exec('BEGIN');
  db.exec(TABLES);
  db.prepare('INSERT INTO meta VALUES (?, ?)').run('seed', randomBytes(4).readInt32LE());
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(`PRAGMA user_version = ${INDEX_VERSION}`);
  db.exec('COMMIT');
  return db;
}

/** @returns undefined when the file is not an index of this version. @throws SQLite's errors */
export function openIndexDatabase(path: string): DatabaseSync | undefined {
  const db = new DatabaseSync(path);
  try {
    if (isCurrentIndex(db)) {
      configure(db);
      return db;
    }
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  return undefined;
}

/** @returns undefined when the file is not an index of this version, or is not there */
export function openIndexForReading(path: string): DatabaseSync | undefined {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    db.exec('PRAGMA busy_timeout = 2000');
    db.exec('PRAGMA cache_size = -16384');
    if (isCurrentIndex(db)) return db;
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  return undefined;
}

export function createWordsTable(db: DatabaseSync, name: string): void {
  db.exec(
    `CREATE VIRTUAL TABLE ${name} USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii')`,
  );
  // A transaction is written out as one piece, and eight pieces are merged at a time: half the
  // work of the defaults. A shard that is full becomes one piece anyway.
  db.exec(`INSERT INTO ${name}(${name}, rank) VALUES ('hashsize', 16777216)`);
  db.exec(`INSERT INTO ${name}(${name}, rank) VALUES ('automerge', 8)`);
}

export function shardOf(seq: number): number {
  return Math.floor(seq / SHARD_ENTRIES);
}

export function zoneOf(seq: number): number {
  return Math.floor(seq / ZONE_ENTRIES);
}

function configure(db: DatabaseSync): void {
  db.exec('PRAGMA journal_mode = WAL');
  // A power cut may take the newest transactions; they are made again from the segments.
  db.exec('PRAGMA synchronous = NORMAL');
  db.exec('PRAGMA cache_size = -65536');
  db.exec('PRAGMA wal_autocheckpoint = 8000');
  db.exec('PRAGMA journal_size_limit = 67108864');
  db.exec('PRAGMA busy_timeout = 5000');
}

function isCurrentIndex(db: DatabaseSync): boolean {
  const application = db.prepare('PRAGMA application_id').get()?.application_id;
  const version = db.prepare('PRAGMA user_version').get()?.user_version;
  return application === APPLICATION_ID && version === INDEX_VERSION;
}
