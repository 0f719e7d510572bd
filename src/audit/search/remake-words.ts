/** Makes the words of one shard again from the segments, so that nothing erased is left in them. */
import { EntryReader } from '../log/segment-reader.ts';
import type { EntryLocation } from '../ports.ts';
import { decodeEntry } from './decode-entry.ts';
import { unpackLocation } from './entry-location.ts';
import type { EntryContent } from './event-row.ts';
import type { IndexBuilder } from './index-builder.ts';
import { createWordsTable, SHARD_ENTRIES } from './index-schema.ts';

const STEP_EVENTS = 1_000;
const ROWS = `SELECT seq, segment, leaf, payload, c_seq, c_segment, c_leaf, c_payload
  FROM events WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ${STEP_EVENTS}`;

/** A step is one transaction; between two of them new entries may come. */
export function* remakeWords(builder: IndexBuilder, shard: number): Generator<void> {
  const { db, writer } = builder;
  const old = db.prepare('SELECT words FROM shards WHERE shard = ?').get(shard)?.words;
  if (typeof old !== 'string') return;
  const name = `words_${shard}_${Number(old.split('_')[2]) + 1}`;
  dropUnfinished(builder);
  writer.transaction(() => {
    createWordsTable(db, name);
    db.prepare('UPDATE shards SET next_words = ? WHERE shard = ?').run(name, shard);
  });
  writer.forgetTables();
  const rows = db.prepare(ROWS);
  const end = (shard + 1) * SHARD_ENTRIES;
  for (let next = shard * SHARD_ENTRIES; ; ) {
    const page = rows.all(next, end);
    writer.transaction(() => addPage(builder, page, name));
    const last = page.at(-1)?.seq;
    if (last === undefined || page.length < STEP_EVENTS) break;
    next = Number(last) + 1;
    yield;
  }
  db.exec('PRAGMA secure_delete = ON');
  try {
    writer.transaction(() => {
      db.prepare('UPDATE shards SET words = next_words, next_words = NULL WHERE shard = ?').run(
        shard,
      );
      db.exec(`DROP TABLE ${old}`);
    });
  } finally {
    db.exec('PRAGMA secure_delete = OFF');
  }
  writer.forgetTables();
  yield;
}

/** Of a process that ended in the middle. */
export function dropUnfinished({ db, writer }: IndexBuilder): void {
  const rows = db
    .prepare('SELECT shard, next_words FROM shards WHERE next_words IS NOT NULL')
    .all();
  for (const { shard, next_words } of rows)
    writer.transaction(() => {
      db.prepare('UPDATE shards SET next_words = NULL WHERE shard = ?').run(Number(shard));
      db.exec(`DROP TABLE IF EXISTS ${String(next_words)}`);
    });
  writer.forgetTables();
}

function addPage(
  { db, dir, writer }: IndexBuilder,
  page: readonly Record<string, unknown>[],
  name: string,
): void {
  const add = db.prepare(`INSERT INTO ${name} (rowid, words) VALUES (?, ?)`);
  const remove = db.prepare('DELETE FROM events WHERE seq = ?');
  using reader = new EntryReader(dir);
  for (const row of page) {
    const { seq, segment, leaf, payload, c_seq, c_segment, c_leaf, c_payload } = row;
    const contents = [contentAt(reader, { segment, leaf, payload })];
    if (c_seq !== null)
      contents.push(contentAt(reader, { segment: c_segment, leaf: c_leaf, payload: c_payload }));
    const kept = contents.filter((content) => content !== undefined);
    // An event of which an entry is erased is none any more.
    if (kept.length < contents.length) remove.run(Number(seq));
    else add.run(Number(seq), writer.wordsOf(kept));
  }
}

function contentAt(
  reader: EntryReader,
  packed: { readonly segment: unknown; readonly leaf: unknown; readonly payload: unknown },
): EntryContent | undefined {
  const location: EntryLocation = unpackLocation({
    segment: Number(packed.segment),
    leaf: Number(packed.leaf),
    payload: Number(packed.payload),
  });
  const decoded = decodeEntry(reader.read(location));
  return decoded === undefined ? undefined : { ...decoded, location };
}
