/** Bodies of POST /v1/events and /v1/traces → events to append and what to answer. */
import type { IngestReport } from '../../contracts/event-query.ts';
import type { AppendItem, IngestFormat, IngestSource } from '../ports.ts';
import { timeLimits } from './check-time.ts';
import { ingestErrors } from './errors.ts';
import { IngestBatch } from './ingest-batch.ts';
import type { KnownIds, Reservation } from './known-ids.ts';
import { parseLines } from './parse-lines.ts';
import { parseSpans } from './parse-spans.ts';

export interface ParsedIngest {
  readonly items: readonly AppendItem[];
  /** True once the items, and everything that was appended before them, are durable. */
  readonly report: IngestReport;
  /** The ids of `items`: commit it when they are durable, release it when they cannot be written. */
  readonly reservation: Reservation;
}

/**
 * Runs on the writer's thread. What is wrong with a line is in the report.
 * @throws otlp_body_invalid, event_lines_too_many, event_ids_behind: nothing was taken
 */
export function parseIngest(
  body: Uint8Array,
  how: {
    readonly format: IngestFormat;
    readonly source: IngestSource;
    readonly nowMs: number;
    readonly known: KnownIds;
  },
): ParsedIngest {
  const { source, known } = how;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const batch = new IngestBatch(source, known);
  const limits = timeLimits(how.nowMs);
  const { format } = how;
  // Before the index is asked for ids: what it catches up with later says nothing about its answers.
  const isComplete = known.isComplete();
  if (format === 'ndjson') parseLines(bytes, { batch, source, limits });
  else parseSpans(bytes, { format, batch, source, limits, spans: known.spans });
  const { items, report, ids } = batch.finish();
  if (ids.size > 0 && !isComplete)
    throw ingestErrors.event_ids_behind('The search index has not caught up with the log yet.');
  return { items, report, reservation: known.reserve(ids) };
}
