/** NDJSON of a program's own events. Hot: tens of thousands a second on the writer's thread. */
import { isUtf8 } from 'node:buffer';
import type { IngestEvent } from '../../contracts/ingest-event.ts';
import {
  MAX_ATTRIBUTE_BYTES,
  MAX_INGEST_LINE_BYTES,
  MAX_INGEST_LINES,
  PROGRAM_KIND_PREFIX,
} from '../../contracts/ingest-limits.ts';
import type { IngestSource } from '../ports.ts';
import { capturePayload, payloadPolicyOf, sentBody } from './capture-payload.ts';
import { eventProblem } from './check-event.ts';
import { type TimeLimits, timeProblem } from './check-time.ts';
import { ingestErrors } from './errors.ts';
import type { IngestBatch, IngestDraft } from './ingest-batch.ts';

/** JSON as it was sent grows at most sixfold when it is written again: less needs no measuring. */
const SURELY_SMALL_BYTES = MAX_ATTRIBUTE_BYTES / 8;

const NEWLINE = 0x0a;
const SPACES = /^[ \t\r]*$/;

/** @throws event_lines_too_many */
export function parseLines(
  body: Buffer,
  how: {
    readonly batch: IngestBatch;
    readonly source: IngestSource;
    readonly limits: TimeLimits;
  },
): void {
  const allUtf8 = isUtf8(body);
  let line = 0;
  let filled = 0;
  for (let begin = 0; begin < body.length; ) {
    const newline = body.indexOf(NEWLINE, begin);
    const end = newline === -1 ? body.length : newline;
    line++;
    if (end > begin) {
      if (++filled > MAX_INGEST_LINES)
        throw ingestErrors.event_lines_too_many(
          `The body has more than ${MAX_INGEST_LINES} lines, the most that are taken at once.`,
        );
      if (end - begin > MAX_INGEST_LINE_BYTES)
        how.batch.reject(line, {
          code: 'event_too_large',
          message: `the line has ${end - begin} bytes, and at most ${MAX_INGEST_LINE_BYTES} are taken`,
        });
      else if (!allUtf8 && !isUtf8(body.subarray(begin, end)))
        how.batch.reject(line, { code: 'event_utf8_invalid', message: 'the line is not UTF-8' });
      else parseLine(line, body.toString('utf8', begin, end), how);
    }
    begin = end + 1;
  }
}

function parseLine(line: number, text: string, how: Parameters<typeof parseLines>[1]): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (SPACES.test(text)) return;
    how.batch.reject(line, { code: 'event_json_invalid', message: jsonError(error) });
    return;
  }
  const problem = eventProblem(value);
  if (problem !== undefined) {
    const { id } = (value ?? {}) as { id?: unknown };
    const known = typeof id === 'string' && id.length <= 200 ? { id } : undefined;
    how.batch.reject(line, { code: 'event_invalid', message: problem, ...known });
    return;
  }
  addEvent(line, { event: value as IngestEvent, lineBytes: text.length }, how);
}

function addEvent(
  line: number,
  { event, lineBytes }: { event: IngestEvent; lineBytes: number },
  { batch, source, limits }: Parameters<typeof parseLines>[1],
): void {
  const { id, time, kind = 'program.event', attributes } = event;
  const named = id === undefined ? undefined : { id };
  if (!kind.startsWith(PROGRAM_KIND_PREFIX) && kind !== 'otel.span') {
    const message = `kind "${kind}" is not one that senders may use: theirs begin with ${PROGRAM_KIND_PREFIX}`;
    batch.reject(line, { code: 'event_kind_unknown', message, ...named });
    return;
  }
  const wrongTime = time === undefined ? undefined : timeProblem(time, limits);
  if (wrongTime !== undefined) {
    batch.reject(line, { code: 'event_time_invalid', message: wrongTime, ...named });
    return;
  }
  if (attributes !== undefined && lineBytes > SURELY_SMALL_BYTES) {
    const bytes = Buffer.byteLength(JSON.stringify(attributes));
    if (bytes > MAX_ATTRIBUTE_BYTES) {
      const message = `attributes have ${bytes} bytes, and at most ${MAX_ATTRIBUTE_BYTES} are kept`;
      batch.reject(line, { code: 'event_too_large', message, ...named });
      return;
    }
  }
  const allowed = batch.agentFor(line, { agent: event.agent, id });
  if (allowed === undefined) return;
  batch.add(line, draftOf(event, { kind, agent: allowed.agent, source }));
}

/** Turns the parsed line itself into the draft: nobody else holds it, and copies cost time. */
function draftOf(
  event: IngestEvent,
  how: { kind: string; agent: string | undefined; source: IngestSource },
): IngestDraft {
  const { payload, cost } = event;
  const draft = event as Record<string, unknown>;
  // Checked: below `program.`, or declared.
  draft.kind = how.kind;
  draft.status = event.status ?? 'ok';
  draft.actor = how.source.actor;
  draft.phase = 'whole';
  if (how.agent !== undefined) draft.agent = how.agent;
  if (cost !== undefined) draft.cost = { ...cost, prices: 'reported' };
  if (payload !== undefined) {
    delete draft.payload;
    draft.captured = capturePayload(payloadPolicyOf(how.source, how.agent), {
      request: sentBody(payload.request),
      response: sentBody(payload.response),
    });
  }
  return draft as unknown as IngestDraft;
}

/** V8's message quotes the text around the error: keep what helps and is short. */
function jsonError(error: unknown): string {
  const message = error instanceof Error ? error.message : 'not JSON';
  return `the line is not JSON: ${message.slice(0, 200)}`;
}
