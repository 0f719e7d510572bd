/** One event by its id. */
import type { EventResource } from '../../contracts/event.ts';
import { EntryReader } from '../log/segment-reader.ts';
import type { CompiledTerms } from './compile-terms.ts';
import { searchErrors } from './errors.ts';
import { rowsInRange } from './find-rows.ts';
import type { IndexReader } from './index-reader.ts';
import { SHARD_ENTRIES } from './index-schema.ts';
import { hashId, idMark } from './mark-tokens.ts';
import { entriesOfRow, readEvent } from './read-event.ts';

/** Two ids with the same 64 bits, one of which was sent by somebody who looked for them. */
const MAX_CANDIDATES = 16;

/** With its content. @throws event_not_found, audit_index_unavailable */
export async function getEvent(reader: IndexReader, id: string): Promise<EventResource> {
  await reader.ready();
  const words = `"${idMark(hashId(id, reader.seed()))}"`;
  using segments = new EntryReader(reader.dir);
  const shards = reader.all('SELECT shard FROM shards ORDER BY shard DESC');
  for (const shard of shards) {
    const from = Number(shard.shard) * SHARD_ENTRIES;
    const range = { from, to: from + SHARD_ENTRIES - 1 };
    const how = { order: 'desc', range, limit: MAX_CANDIDATES } as const;
    for (const row of rowsInRange(reader, withWords(words), how)) {
      const found = readEvent(reader, segments, entriesOfRow(row));
      if (found?.event.id !== id) continue;
      const { event, content } = found;
      return content === undefined ? event : { ...event, content };
    }
  }
  throw searchErrors.event_not_found(`There is no event "${id}" in the audit log.`);
}

function withWords(words: string): CompiledTerms {
  return {
    words,
    open: undefined,
    closed: true,
    conditions: [],
    params: [],
    time: undefined,
    phrases: [],
    run: undefined,
  };
}
