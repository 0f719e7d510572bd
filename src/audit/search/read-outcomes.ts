/** On the query thread: how events ended, from a place in the log on. Reads no payloads. */
import type { AuditEntry } from '../../contracts/event.ts';
import type { OutcomeGroup } from '../../contracts/outcome.ts';
import { EntryReader, readFrames } from '../log/segment-reader.ts';
import type { CommittedLog, LogPosition } from '../ports.ts';
import { eventAt, positionBefore } from './follow-log.ts';
import type { IndexReader } from './index-reader.ts';
import { OutcomeGroups } from './outcome-groups.ts';
import type { ReadEvent } from './read-event.ts';

/** One answer: other queries wait for it. */
const MAX_STEP_MS = 50;
const MAX_NEWEST = 20;

export interface ReadOutcomesRequest {
  readonly afterSeq: number;
  /** Of the frame that the last answer ended at. */
  readonly position: LogPosition | undefined;
  readonly log: CommittedLog;
}

export interface ReadOutcomes {
  readonly groups: readonly OutcomeGroup[];
  readonly failures: readonly ReadEvent['event'][];
  readonly refusals: readonly ReadEvent['event'][];
  readonly through: number;
  readonly position: LogPosition;
}

/** @throws audit_index_unavailable */
export async function readOutcomes(
  reader: IndexReader,
  { afterSeq, position: from, log }: ReadOutcomesRequest,
): Promise<ReadOutcomes> {
  await reader.ready();
  const startedMs = performance.now();
  const groups = new OutcomeGroups();
  const newest = { failures: [] as AuditEntry[], refusals: [] as AuditEntry[] };
  let position = from ?? positionBefore(reader, afterSeq + 1);
  let through = afterSeq;
  frames: for (const frame of readFrames(reader.dir, {
    from: position,
    to: log.end,
    verifyLeaves: false,
  })) {
    position = frame.position;
    for (const stored of frame.entries) {
      if (stored.seq <= afterSeq) continue;
      if (stored.seq >= log.size) break frames;
      through = stored.seq;
      if (stored.leaf === undefined) continue;
      const entry: AuditEntry = JSON.parse(stored.leaf.toString());
      groups.add(entry);
      if (entry.phase === 'intent') continue;
      if (entry.status === 'refused') keepNewest(newest.refusals, entry);
      else if (entry.status === 'error' || entry.status === 'unknown')
        keepNewest(newest.failures, entry);
    }
    position = frame.end;
    if (performance.now() - startedMs > MAX_STEP_MS) break;
  }
  using segments = new EntryReader(reader.dir);
  const eventsOf = (entries: readonly AuditEntry[]) =>
    entries.flatMap((entry) => {
      const found = eventAt(reader, segments, { entry, payload: undefined });
      return found === undefined ? [] : [found.event];
    });
  return {
    groups: groups.list(),
    failures: eventsOf(newest.failures),
    refusals: eventsOf(newest.refusals),
    through,
    position,
  };
}

function keepNewest(kept: AuditEntry[], entry: AuditEntry): void {
  kept.push(entry);
  if (kept.length > MAX_NEWEST) kept.shift();
}

/** The first entry that was committed at that time or later; the end of the log if none was. */
export async function entryAtTime(
  reader: IndexReader,
  { sinceMs, log }: { readonly sinceMs: number; readonly log: CommittedLog },
): Promise<{ readonly seq: number; readonly position: LogPosition }> {
  await reader.ready();
  // Batches of the index begin with a frame: the last of them that began before that time.
  let [before, after] = [0, log.size];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    const from = positionBefore(reader, middle);
    const [frame] = readFrames(reader.dir, { from, to: log.end, verifyLeaves: false });
    if (frame !== undefined && frame.committedMs < sinceMs) before = middle;
    else after = middle;
  }
  const from = positionBefore(reader, before);
  for (const frame of readFrames(reader.dir, { from, to: log.end, verifyLeaves: false })) {
    const seq = frame.entries[0]?.seq;
    if (seq !== undefined && (frame.committedMs >= sinceMs || seq >= log.size))
      return { seq: Math.min(seq, log.size), position: frame.position };
  }
  return { seq: log.size, position: log.end };
}
