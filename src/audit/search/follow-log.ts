/** Events in the order of the log, each as it stood with that entry: begun, and completed. */
import type { EventTerms } from '../../contracts/event-query.ts';
import { EntryReader, readFrames } from '../log/segment-reader.ts';
import type { CommittedLog, DecodedEntry, LogPosition } from '../ports.ts';
import { decodeEntry } from './decode-entry.ts';
import type { IndexReader } from './index-reader.ts';
import { eventMatcher } from './match-terms.ts';
import { entriesOfRow, eventOf, type ReadEvent, readEvent } from './read-event.ts';
import type { Followed } from './thread-messages.ts';

/** One answer: other queries wait for it. */
const MAX_STEP_MS = 100;

export interface FollowRequest {
  readonly terms: EventTerms;
  readonly page: { readonly limit: number; readonly afterSeq: number };
  /** Of the frame that the last answer ended at. */
  readonly position: LogPosition | undefined;
  readonly log: CommittedLog;
}

/** @throws event_query_invalid, audit_index_unavailable */
export async function followLog(reader: IndexReader, request: FollowRequest): Promise<Followed> {
  const { page, log } = request;
  const matches = eventMatcher(request.terms);
  await reader.ready();
  const startedMs = performance.now();
  const items: { id: string; data: ReadEvent['event'] }[] = [];
  let position = request.position ?? positionBefore(reader, page.afterSeq + 1);
  let through = page.afterSeq;
  using segments = new EntryReader(reader.dir);
  for (const frame of readFrames(reader.dir, {
    from: position,
    to: log.end,
    verifyLeaves: false,
  })) {
    position = frame.position;
    for (const stored of frame.entries) {
      if (stored.seq <= page.afterSeq) continue;
      if (stored.seq >= log.size) return { items, through, position };
      if (items.length >= page.limit) return { items, through, position };
      const decoded = decodeEntry(stored);
      const found = decoded && eventAt(reader, segments, decoded);
      if (found !== undefined && matches(found.event, found.text))
        items.push({ id: String(stored.seq), data: found.event });
      through = stored.seq;
    }
    position = frame.end;
    if (performance.now() - startedMs > MAX_STEP_MS) break;
  }
  return { items, through, position };
}

/** As it stood with that entry; undefined: erased. */
export function eventAt(
  reader: IndexReader,
  segments: EntryReader,
  decoded: DecodedEntry,
): ReadEvent | undefined {
  const { phase, intent } = decoded.entry;
  if (phase !== 'completion' || intent === undefined) return eventOf(decoded, undefined);
  const row = reader.get('SELECT * FROM events WHERE seq = ?', intent);
  if (row === undefined) return undefined;
  const entries = entriesOfRow(row);
  return entries.completion?.seq === decoded.entry.seq
    ? readEvent(reader, segments, entries)
    : undefined;
}

/** The beginning of the batch that an entry was indexed with. */
export function positionBefore(reader: IndexReader, seq: number): LogPosition {
  const row = reader.get(
    'SELECT segment, offset FROM positions WHERE seq <= ? ORDER BY seq DESC LIMIT 1',
    seq,
  );
  if (row === undefined) return { segment: 0, offset: 0 };
  return { segment: Number(row.segment), offset: Number(row.offset) };
}
