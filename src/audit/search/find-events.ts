/** Events that match, in pages: rows of the index, and for phrases and runs the event itself. */
import type { EventPage, EventTerms } from '../../contracts/event-query.ts';
import { EntryReader } from '../log/segment-reader.ts';
import { type CompiledTerms, compileTerms } from './compile-terms.ts';
import { searchErrors } from './errors.ts';
import { readEventCursor, writeEventCursor } from './event-cursor.ts';
import { rowsInRange, type SeqRange, searchRanges } from './find-rows.ts';
import type { IndexReader } from './index-reader.ts';
import { entriesOfRow, type ReadEvent, readEvent } from './read-event.ts';
import { matchesText } from './text-query.ts';
import type { EventEntries } from './thread-messages.ts';

/** When nothing is found for so long, the query is refused. */
const MAX_QUERY_MS = 10_000;
/** When something is found, it is given with a cursor behind what was looked at. */
const MAX_PAGE_MS = 5_000;
/** One answer of an export: other queries wait for it. */
const MAX_EXPORT_STEP_MS = 250;
/** Rows that are read before the event itself is asked whether it matches. */
const CHUNK_ROWS = 256;

interface Walk {
  readonly order: 'asc' | 'desc';
  readonly within: SeqRange;
  readonly chunk: number;
}

/** Every so often also without rows, so that the caller can look at the clock. */
async function* walkRows(
  reader: IndexReader,
  terms: CompiledTerms,
  { order, within, chunk }: Walk,
): AsyncGenerator<{ readonly rows: readonly EventEntries[]; readonly through: number }> {
  await reader.ready();
  for (const range of searchRanges(reader, terms, { order, within })) {
    let { from, to } = range;
    while (from <= to) {
      // Other queries, and an exchange of the file, come in between.
      await new Promise((resolve) => setImmediate(resolve));
      await reader.ready();
      const rows = rowsInRange(reader, terms, { order, range: { from, to }, limit: chunk });
      const last = Number(rows.at(-1)?.seq);
      const isEnd = rows.length < chunk;
      const through = isEnd ? (order === 'asc' ? range.to : range.from) : last;
      yield { rows: rows.map(entriesOfRow), through };
      if (isEnd) break;
      if (order === 'asc') from = last + 1;
      else to = last - 1;
    }
  }
}

export interface ListRequest {
  readonly workspaceId: string;
  readonly terms: EventTerms;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** @throws event_query_invalid, event_cursor_invalid, event_query_too_slow, audit_index_unavailable */
export async function listEvents(reader: IndexReader, request: ListRequest): Promise<EventPage> {
  const { order, limit, cursor } = request;
  const after = cursor === undefined ? undefined : readEventCursor(request, cursor);
  await reader.ready();
  const terms = compileTerms(reader, request.terms);
  const last = reader.progress().size - 1;
  const within =
    order === 'asc'
      ? { from: after === undefined ? 0 : after + 1, to: last }
      : { from: 0, to: after === undefined ? last : Math.min(last, after - 1) };
  if (terms === undefined) return { items: [], nextCursor: null };
  const startedMs = performance.now();
  const items: EventPage['items'] = [];
  using segments = new EntryReader(reader.dir);
  const chunk = needsEvent(terms) ? CHUNK_ROWS : limit + 1;
  for await (const { rows, through } of walkRows(reader, terms, { order, within, chunk })) {
    for (const row of rows) {
      const found = readMatch(reader, segments, { row, terms });
      if (found === undefined) continue;
      if (items.length === limit) return pageOf(request, items, items.at(-1)?.seq);
      items.push(found.event);
    }
    const tookMs = performance.now() - startedMs;
    if (tookMs > MAX_PAGE_MS && items.length > 0) return pageOf(request, items, through);
    if (tookMs > MAX_QUERY_MS) throw tooSlow();
  }
  return { items, nextCursor: null };
}

function pageOf(
  request: ListRequest,
  items: EventPage['items'],
  seq: number | undefined,
): EventPage {
  return { items, nextCursor: seq === undefined ? null : writeEventCursor(request, seq) };
}

function tooSlow(): Error {
  return searchErrors.event_query_too_slow(
    `The query found nothing in ${MAX_QUERY_MS / 1000} seconds and was ended.`,
  );
}

export interface EntriesRequest {
  readonly terms: EventTerms;
  readonly page: { readonly limit: number; readonly afterSeq: number };
  readonly size: number;
}

/** Where entries of matching events lie, ascending; bounded in number and in time. */
export async function matchingEntries(
  reader: IndexReader,
  { terms, page, size }: EntriesRequest,
): Promise<{ events: EventEntries[]; through: number; done: boolean }> {
  await reader.ready();
  const compiled = compileTerms(reader, terms);
  const end = Math.min(size, reader.progress().size) - 1;
  const events: EventEntries[] = [];
  if (compiled === undefined) return { events, through: end, done: true };
  const startedMs = performance.now();
  const within = { from: page.afterSeq + 1, to: end };
  using segments = new EntryReader(reader.dir);
  const isDirect = !needsEvent(compiled);
  const walk = walkRows(reader, compiled, { order: 'asc', within, chunk: page.limit });
  for await (const { rows, through } of walk) {
    for (const row of rows)
      if (isDirect || readMatch(reader, segments, { row, terms: compiled }) !== undefined)
        events.push(row);
    const isLate = performance.now() - startedMs > MAX_EXPORT_STEP_MS;
    if (events.length >= page.limit || isLate) return { events, through, done: through >= end };
  }
  return { events, through: end, done: true };
}

/** Can the row alone not say whether it matches? */
function needsEvent({ phrases, run }: CompiledTerms): boolean {
  return phrases.length > 0 || run !== undefined;
}

function readMatch(
  reader: IndexReader,
  segments: EntryReader,
  { row, terms }: { readonly row: EventEntries; readonly terms: CompiledTerms },
): ReadEvent | undefined {
  const found = readEvent(reader, segments, row);
  if (found === undefined) return undefined;
  if (terms.run !== undefined && found.event.run !== terms.run) return undefined;
  if (terms.phrases.length > 0 && !matchesText(terms.phrases, found.text())) return undefined;
  return found;
}
