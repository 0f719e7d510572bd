/** Rows that match compiled terms, in the order of the log, a bounded piece at a time. */
import type { CompiledTerms } from './compile-terms.ts';
import type { IndexReader, Row } from './index-reader.ts';
import { WordsExchanged } from './index-reader.ts';
import { SHARD_ENTRIES, ZONE_ENTRIES } from './index-schema.ts';

export interface SeqRange {
  readonly from: number;
  /** Included. */
  readonly to: number;
}

const COLUMNS = 'e.seq, e.segment, e.leaf, e.payload, e.c_seq, e.c_segment, e.c_leaf, e.c_payload';

/**
 * Ranges of the log that can hold matches, each inside one shard, in that order: so no statement
 * looks at more than a shard.
 */
export function searchRanges(
  reader: IndexReader,
  { time }: Pick<CompiledTerms, 'time'>,
  { order, within }: { readonly order: 'asc' | 'desc'; readonly within: SeqRange },
): SeqRange[] {
  const ranges: SeqRange[] = [];
  const whole = time === undefined ? [within] : timeRanges(reader, time, within);
  for (const range of whole)
    for (let from = range.from; from <= range.to; ) {
      const end = (Math.floor(from / SHARD_ENTRIES) + 1) * SHARD_ENTRIES - 1;
      ranges.push({ from, to: Math.min(end, range.to) });
      from = end + 1;
    }
  return order === 'asc' ? ranges : ranges.reverse();
}

function timeRanges(
  reader: IndexReader,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
  within: SeqRange,
): SeqRange[] {
  const zones = reader.all(
    `SELECT zone FROM zones WHERE zone BETWEEN ? AND ? AND max_us >= ? AND min_us <= ? ORDER BY zone`,
    ...[Math.floor(within.from / ZONE_ENTRIES), Math.floor(within.to / ZONE_ENTRIES)],
    ...[fromUs, toUs],
  );
  const ranges: { from: number; to: number }[] = [];
  for (const { zone } of zones) {
    const from = Math.max(within.from, Number(zone) * ZONE_ENTRIES);
    const to = Math.min(within.to, (Number(zone) + 1) * ZONE_ENTRIES - 1);
    const last = ranges.at(-1);
    if (last !== undefined && last.to + 1 === from) last.to = to;
    else ranges.push({ from, to });
  }
  return ranges;
}

/** The first `limit` rows of a range in that order, as they stand now. */
export function rowsInRange(
  reader: IndexReader,
  terms: CompiledTerms,
  how: { readonly order: 'asc' | 'desc'; readonly range: SeqRange; readonly limit: number },
): Row[] {
  const { order, limit } = how;
  const rows = terms.closed ? selectRows(reader, terms, { ...how, words: terms.words }) : [];
  if (terms.open === undefined || !hasOpenEvents(reader, how.range)) return rows;
  const open = selectRows(reader, terms, { ...how, words: terms.open.words, open: true });
  const sign = order === 'asc' ? 1 : -1;
  return [...rows, ...open]
    .sort((a, b) => sign * (Number(a.seq) - Number(b.seq)))
    .filter((row, i, all) => row.seq !== all[i - 1]?.seq)
    .slice(0, limit);
}

/** Asked first, so that no words are looked up for nothing. */
function hasOpenEvents(reader: IndexReader, { from, to }: SeqRange): boolean {
  const sql = `SELECT 1 FROM events INDEXED BY events_open
    WHERE status = 0 AND seq BETWEEN ? AND ? LIMIT 1`;
  return reader.get(sql, from, to) !== undefined;
}

interface Selection {
  readonly order: 'asc' | 'desc';
  readonly range: SeqRange;
  readonly limit: number;
  readonly words: string | undefined;
  readonly open?: boolean;
}

function selectRows(reader: IndexReader, terms: CompiledTerms, how: Selection): Row[] {
  if (how.words === undefined) return runSelection(reader, terms, how, undefined);
  for (let tries = 0; ; tries++) {
    try {
      const shard = Math.floor(how.range.from / SHARD_ENTRIES);
      const table = reader.get('SELECT words FROM shards WHERE shard = ?', shard)?.words;
      return typeof table === 'string' ? runSelection(reader, terms, how, table) : [];
    } catch (error) {
      if (!(error instanceof WordsExchanged)) throw error;
      if (tries >= 3) throw reader.damaged(`the words of ${how.range.from} are not there`);
    }
  }
}

function runSelection(
  reader: IndexReader,
  terms: CompiledTerms,
  { order, range, limit, words, open }: Selection,
  table: string | undefined,
): Row[] {
  const conditions = terms.conditions.map((condition) => ` AND ${condition}`).join('');
  const end = `${conditions} ORDER BY %.${table === undefined || open ? 'seq' : 'rowid'} ${order} LIMIT ?`;
  // FTS5 ignores bounds that are not integers, and numbers are bound as reals.
  const bounds = 'BETWEEN CAST(? AS INTEGER) AND CAST(? AS INTEGER)';
  const { from, to } = range;
  if (open === true) {
    const inWords =
      table === undefined
        ? ''
        : ` AND e.seq IN (SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND rowid ${bounds})`;
    const sql = `SELECT ${COLUMNS} FROM events e INDEXED BY events_open
      WHERE e.status = 0 AND e.seq ${bounds}${inWords}${end.replace('%', 'e')}`;
    const match = table === undefined ? [] : [words ?? '', from, to];
    return reader.all(sql, from, to, ...match, ...terms.params, limit);
  }
  if (table === undefined) {
    const sql = `SELECT ${COLUMNS} FROM events e WHERE e.seq ${bounds}${end.replace('%', 'e')}`;
    return reader.all(sql, from, to, ...terms.params, limit);
  }
  const sql = `SELECT ${COLUMNS} FROM ${table} f CROSS JOIN events e ON e.seq = f.rowid
    WHERE f.${table} MATCH ? AND f.rowid ${bounds}${end.replace('%', 'f')}`;
  return reader.all(sql, words ?? '', from, to, ...terms.params, limit);
}
