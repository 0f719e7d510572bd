/** Brings a shard that is full into the form that is quickest to search. */
import { hashesOf, IdFilter } from './id-filter.ts';
import type { IndexBuilder } from './index-builder.ts';
import { SHARD_ENTRIES } from './index-schema.ts';

/** Pages of FTS5 that one step merges: some milliseconds. */
const STEP_PAGES = 300;
/** FTS5 says that nothing was left to merge by changing fewer rows than that. */
const NOTHING_DONE = 2;
/** A bound, should FTS5 never say so: 300 MiB a shard. */
const MAX_STEPS = 256;

/** A step is one transaction. */
export function* sealShard(builder: IndexBuilder, shard: number): Generator<void> {
  const { db, writer } = builder;
  writer.transaction(() => joinIds(builder, shard));
  yield;
  for (let step = 0; step < MAX_STEPS; step++) {
    const words = db.prepare('SELECT words FROM shards WHERE shard = ?').get(shard)?.words;
    if (typeof words !== 'string') return;
    // The first, below zero: merge everything into one, as `optimize` would do at once.
    const pages = step === 0 ? -STEP_PAGES : STEP_PAGES;
    const before = totalChanges(builder);
    writer.transaction(() => {
      db.exec(`INSERT INTO ${words}(${words}, rank) VALUES ('merge', ${pages})`);
    });
    if (totalChanges(builder) - before < NOTHING_DONE) break;
    yield;
  }
  writer.transaction(() => {
    db.prepare('UPDATE shards SET sealed = 1 WHERE shard = ?').run(shard);
  });
}

function joinIds({ db }: IndexBuilder, shard: number): void {
  const [from, to] = [shard * SHARD_ENTRIES, (shard + 1) * SHARD_ENTRIES];
  const batches = db
    .prepare('SELECT hashes FROM id_batches WHERE first_seq >= ? AND first_seq < ?')
    .all(from, to)
    .map(({ hashes }) => (hashes instanceof Uint8Array ? hashesOf(hashes) : new Uint32Array()));
  if (batches.length === 0) return;
  const filter = IdFilter.forIds(batches.reduce((sum, hashes) => sum + hashes.length / 2, 0));
  for (const hashes of batches) filter.addAll(hashes);
  db.prepare('INSERT OR REPLACE INTO id_filters VALUES (?, ?)').run(shard, filter.bits);
  db.prepare('DELETE FROM id_batches WHERE first_seq >= ? AND first_seq < ?').run(from, to);
}

function totalChanges({ db }: IndexBuilder): number {
  return Number(db.prepare('SELECT total_changes() AS n').get()?.n);
}
