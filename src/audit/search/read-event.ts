/** The event of a row, read from the segments. */
import type { EventResource, StoredPayload } from '../../contracts/event.ts';
import type { EntryReader } from '../log/segment-reader.ts';
import type { DecodedEntry, EntryLocation } from '../ports.ts';
import { decodeEntry } from './decode-entry.ts';
import { unpackLocation } from './entry-location.ts';
import { entryText } from './entry-text.ts';
import type { IndexReader, Row } from './index-reader.ts';
import { mergeContent, mergeEvent } from './merge-event.ts';
import type { EventEntries } from './thread-messages.ts';

export interface ReadEvent {
  readonly event: EventResource;
  readonly content: StoredPayload | null | undefined;
  /** Folded. */
  text(): readonly string[];
}

export function entriesOfRow(row: Row): EventEntries {
  return {
    seq: Number(row.seq),
    location: locationOf(row.segment, row.leaf, row.payload),
    completion:
      row.c_seq === null
        ? undefined
        : {
            seq: Number(row.c_seq),
            location: locationOf(row.c_segment, row.c_leaf, row.c_payload),
          },
  };
}

/** @returns undefined when an entry of it is erased. @throws audit_index_unavailable */
export function readEvent(
  reader: IndexReader,
  segments: EntryReader,
  entries: EventEntries,
): ReadEvent | undefined {
  const first = entryAt(reader, segments, entries);
  if (first === undefined) return undefined;
  if (entries.completion === undefined) return eventOf(first, undefined);
  const completion = entryAt(reader, segments, entries.completion);
  return completion === undefined ? undefined : eventOf(first, completion);
}

export function eventOf(first: DecodedEntry, completion: DecodedEntry | undefined): ReadEvent {
  return {
    event: mergeEvent(first.entry, completion?.entry),
    content: mergeContent(first.payload, completion?.payload),
    text: () => [
      ...entryText(first.entry, first.payload),
      ...(completion === undefined ? [] : entryText(completion.entry, completion.payload)),
    ],
  };
}

/** What lies there must be the entry that the index means: else the index is wrong. */
function entryAt(
  reader: IndexReader,
  segments: EntryReader,
  { seq, location }: { readonly seq: number; readonly location: EntryLocation },
): DecodedEntry | undefined {
  let decoded: DecodedEntry | undefined;
  try {
    decoded = decodeEntry(segments.read(location));
  } catch (error) {
    throw misplaced(reader, seq, error);
  }
  if (decoded !== undefined && decoded.entry.seq !== seq) throw misplaced(reader, seq, undefined);
  return decoded;
}

function misplaced(reader: IndexReader, seq: number, error: unknown): unknown {
  const isDisk = error instanceof Error && 'code' in error && error.code === 'audit_unavailable';
  return isDisk ? error : reader.damaged(`entry ${seq} does not lie where the index says`);
}

function locationOf(segment: unknown, leaf: unknown, payload: unknown): EntryLocation {
  return unpackLocation({
    segment: Number(segment),
    leaf: Number(leaf),
    payload: Number(payload),
  });
}
