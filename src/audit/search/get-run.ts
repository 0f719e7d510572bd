import type { EventResource } from '../../contracts/event.ts';
import type { RunResource } from '../../contracts/event-query.ts';
import { EntryReader } from '../log/segment-reader.ts';
import { searchErrors } from './errors.ts';
import { matchingEntries } from './find-events.ts';
import type { IndexReader } from './index-reader.ts';
import { readEvent } from './read-event.ts';
import { runTree } from './run-tree.ts';

/** More of a run is not shown. */
export const MAX_RUN_EVENTS = 10_000;
const PAGE_EVENTS = 1_000;

/** @throws run_not_found, audit_index_unavailable */
export async function getRun(reader: IndexReader, runId: string): Promise<RunResource> {
  const events: EventResource[] = [];
  let isTruncated = false;
  for (let afterSeq = -1, done = false; !done; ) {
    const page = await matchingEntries(reader, {
      terms: { run: runId },
      page: { limit: PAGE_EVENTS, afterSeq },
      size: Number.MAX_SAFE_INTEGER,
    });
    using segments = new EntryReader(reader.dir);
    for (const entries of page.events) {
      const found = readEvent(reader, segments, entries);
      if (found !== undefined) events.push(found.event);
    }
    ({ through: afterSeq, done } = page);
    isTruncated = events.length > MAX_RUN_EVENTS;
    if (isTruncated) break;
  }
  if (events.length === 0)
    throw searchErrors.run_not_found(`There is no event of a run "${runId}" in the audit log.`);
  return runTree(runId, events.slice(0, MAX_RUN_EVENTS), isTruncated);
}
