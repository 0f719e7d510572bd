/** Takes what was erased from the log out of the index, its free pages and its journal. */
import type { IndexBuilder } from './index-builder.ts';
import { SHARD_ENTRIES, shardOf } from './index-schema.ts';
import { remakeWords } from './remake-words.ts';

export interface Erased {
  readonly what: 'payloads' | 'events';
  /** Sequence numbers, both ends included. */
  readonly ranges: readonly (readonly [number, number])[];
}

/**
 * An event of which any entry is erased vanishes from every list. Erased payloads are not found by
 * their words any more; the event is. A step is one transaction.
 */
export function* forgetErased(builder: IndexBuilder, erased: Erased): Generator<void> {
  const ranges = [...erased.ranges].sort(([a], [b]) => a - b);
  const shards = builder.db.prepare('SELECT shard FROM shards ORDER BY shard').all();
  for (const { shard } of shards) {
    const events = affectedEvents(builder, Number(shard), ranges);
    if (events.length === 0) continue;
    if (erased.what === 'events') removeRows(builder, events);
    yield;
    yield* remakeWords(builder, Number(shard));
  }
  builder.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function affectedEvents(
  { db }: IndexBuilder,
  shard: number,
  ranges: readonly (readonly [number, number])[],
): number[] {
  const first = ranges[0]?.[0];
  const last = ranges.reduce((end, [, to]) => Math.max(end, to), -1);
  if (first === undefined || shard * SHARD_ENTRIES > last) return [];
  const rows = db
    .prepare(
      `SELECT seq, c_seq FROM events WHERE seq BETWEEN ? AND ? AND (seq >= ? OR c_seq >= ?)
       ORDER BY seq`,
    )
    .iterate(
      ...[shard * SHARD_ENTRIES, Math.min(last, (shard + 1) * SHARD_ENTRIES - 1), first, first],
    );
  const affected: number[] = [];
  for (const { seq, c_seq } of rows)
    if (isInRanges(ranges, Number(seq)) || (c_seq !== null && isInRanges(ranges, Number(c_seq))))
      affected.push(Number(seq));
  return affected;
}

function removeRows({ db, writer }: IndexBuilder, seqs: readonly number[]): void {
  const remove = db.prepare('DELETE FROM events WHERE seq = ?');
  db.exec('PRAGMA secure_delete = ON');
  try {
    writer.transaction(() => {
      for (const seq of seqs) remove.run(seq);
    });
  } finally {
    db.exec('PRAGMA secure_delete = OFF');
  }
}

/** @param ranges ascending by their beginning */
function isInRanges(ranges: readonly (readonly [number, number])[], seq: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.[0] ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && seq <= range[1];
}

/** @returns shards that are full, oldest first, and not merged into one piece yet */
export function unsealedShards({ db, size }: IndexBuilder): number[] {
  return db
    .prepare('SELECT shard FROM shards WHERE sealed = 0 AND shard < ? ORDER BY shard')
    .all(shardOf(size))
    .map(({ shard }) => Number(shard));
}
