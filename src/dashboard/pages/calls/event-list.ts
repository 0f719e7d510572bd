/**
 * The list that is shown: newest first by `seq`, which never changes, so that an event that ends
 * stays where it began. Pure.
 */
import type { CallRow } from './call-row.ts';

export interface EventList {
  readonly rows: readonly CallRow[];
  /** New ones that came while the reader was further down: shown when asked for. */
  readonly waiting: readonly CallRow[];
  /** Undefined: nothing was loaded yet. Null: these are all. */
  readonly nextCursor: string | null | undefined;
  /** So many rows came in at the top since the list was made. */
  readonly grown: number;
}

export const EMPTY_LIST: EventList = { rows: [], waiting: [], nextCursor: undefined, grown: 0 };
/** More are not kept aside; the oldest of them are loaded again when the list is. */
export const MAX_WAITING = 5_000;

/** The page behind the last row. */
export function withPage(
  list: EventList,
  page: { readonly rows: readonly CallRow[]; readonly nextCursor: string | null },
): EventList {
  const last = list.rows.at(-1);
  const behind = last === undefined ? page.rows : page.rows.filter(({ seq }) => seq < last.seq);
  return { ...list, rows: [...list.rows, ...behind], nextCursor: page.nextCursor };
}

interface Arrived {
  readonly rows: readonly CallRow[];
  /** May it be a new row, or is it only told because it may be there already? */
  readonly isShown: (row: CallRow) => boolean;
  /** The reader is further down: new ones wait. */
  readonly hold: boolean;
}

/** Events as they began or ended: those that are there change where they are. */
export function withArrived(list: EventList, { rows, isShown, hold }: Arrived): EventList {
  const shown = new Map<number, CallRow>();
  const waiting = new Map<number, CallRow>();
  const fresh = new Map<number, CallRow>();
  for (const row of rows) {
    const at = indexOfSeq(list.rows, row.seq);
    const waitsAt = at >= 0 ? -1 : indexOfSeq(list.waiting, row.seq);
    if (at >= 0) shown.set(at, row);
    else if (waitsAt >= 0) waiting.set(waitsAt, row);
    else if (fresh.has(row.seq) || (isShown(row) && isWithin(list, row))) fresh.set(row.seq, row);
  }
  if (shown.size + waiting.size + fresh.size === 0) return list;
  const next = {
    ...list,
    rows: exchanged(list.rows, shown),
    waiting: exchanged(list.waiting, waiting),
  };
  if (fresh.size === 0) return next;
  const sorted = [...fresh.values()].sort(newestFirst);
  return hold
    ? { ...next, waiting: merged(sorted, next.waiting).slice(0, MAX_WAITING) }
    : { ...next, rows: merged(sorted, next.rows), grown: list.grown + sorted.length };
}

/** What waited is shown. */
export function withWaiting(list: EventList): EventList {
  if (list.waiting.length === 0) return list;
  const grown = list.grown + list.waiting.length;
  return { ...list, rows: merged(list.waiting, list.rows), waiting: [], grown };
}

/** Below the last row there may be others that were not loaded: it comes with them. */
function isWithin({ rows, nextCursor }: EventList, { seq }: CallRow): boolean {
  if (nextCursor === undefined) return false;
  const last = rows.at(-1);
  return nextCursor === null || last === undefined || seq > last.seq;
}

/** -1: it is not there. */
export function indexOfSeq(rows: readonly CallRow[], seq: number): number {
  let [from, to] = [0, rows.length - 1];
  while (from <= to) {
    const middle = (from + to) >> 1;
    const found = rows[middle]?.seq ?? 0;
    if (found === seq) return middle;
    if (found > seq) from = middle + 1;
    else to = middle - 1;
  }
  return -1;
}

function exchanged(rows: readonly CallRow[], by: ReadonlyMap<number, CallRow>): readonly CallRow[] {
  if (by.size === 0) return rows;
  const next = [...rows];
  for (const [at, row] of by) next[at] = row;
  return next;
}

function newestFirst(a: CallRow, b: CallRow): number {
  return b.seq - a.seq;
}

function merged(fresh: readonly CallRow[], rows: readonly CallRow[]): readonly CallRow[] {
  const oldestFresh = fresh.at(-1);
  const [newest] = rows;
  if (newest === undefined || (oldestFresh !== undefined && oldestFresh.seq > newest.seq))
    return [...fresh, ...rows];
  return [...fresh, ...rows].sort(newestFirst);
}
