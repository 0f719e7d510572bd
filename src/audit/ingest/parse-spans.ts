/**
 * OTLP/HTTP → events of kind `otel.span`, in the run that the gateway began (a run is a trace).
 *
 * Counted once. A call can be described by the gateway, by the agent's server, by its framework and
 * by its HTTP client. So:
 * 1. Tokens and cost are counted of model operations only (chat, text_completion, generate_content,
 *    embeddings). What agents and workflows tell is a sum of those: `otel.usage`.
 * 2. Of nested model operations one is counted (span-memory.ts); the others name it in
 *    `otel.same_as`, their usage in `otel.usage`.
 * 3. A server's span with a parent is the far side of its parent's call: the gateway's, or a
 *    client's. It names it in `otel.same_as`.
 * 4. An HTTP client's span below a model operation is how that operation was done: `otel.same_as`.
 * Calls are therefore events without `otel.same_as`; sums of tokens and cost need no care at all.
 */
import type { IngestSource } from '../ports.ts';
import { type TimeLimits, timeProblem } from './check-time.ts';
import { ingestErrors } from './errors.ts';
import { type GenAiFacts, genAiFacts, isModelOperation } from './genai-facts.ts';
import type { IngestBatch } from './ingest-batch.ts';
import { decodeOtlpRequest } from './otlp-protobuf.ts';
import { type OtlpSpan, otlpSpans } from './otlp-spans.ts';
import { agentOfSpan, spanDraft, spanEventId } from './span-draft.ts';
import type { SpanMemory, SpanRole } from './span-memory.ts';

interface Parsed {
  readonly line: number;
  readonly span: OtlpSpan;
  readonly facts: GenAiFacts;
}

/** @throws otlp_body_invalid */
export function parseSpans(
  body: Buffer,
  how: {
    readonly format: 'otlp-json' | 'otlp-protobuf';
    readonly batch: IngestBatch;
    readonly spans: SpanMemory;
    readonly source: IngestSource;
    readonly limits: TimeLimits;
  },
): void {
  const request = how.format === 'otlp-json' ? parseJson(body) : decodeOtlpRequest(body);
  const parsed: Parsed[] = [];
  let line = 0;
  for (const span of otlpSpans(request)) {
    line++;
    if ('code' in span) how.batch.reject(line, span);
    else parsed.push({ line, span, facts: genAiFacts(span) });
  }
  const judged = how.spans.judge(
    parsed.map(({ span, facts }) => ({
      ...{ traceId: span.traceId, spanId: span.spanId, parentId: span.parentId },
      role: roleOf(span, facts),
      hasUsage: facts.tokens !== undefined || facts.cost !== undefined,
    })),
  );
  for (const [index, one] of parsed.entries()) addSpan(one, { ...how, sameAs: judged[index] });
}

function addSpan(
  { line, span, facts }: Parsed,
  how: {
    readonly batch: IngestBatch;
    readonly source: IngestSource;
    readonly limits: TimeLimits;
    readonly sameAs: string | undefined;
  },
): void {
  const { batch, source } = how;
  const id = spanEventId(span);
  const time = timeText(span.startNs);
  const wrongTime = timeProblem(time, how.limits);
  if (wrongTime !== undefined) {
    batch.reject(line, { code: 'event_time_invalid', message: wrongTime, id });
    return;
  }
  const allowed = batch.agentFor(line, { agent: agentOfSpan(span, source), id });
  if (allowed === undefined) return;
  const sameAs = how.sameAs ?? (span.kind === 'server' ? span.parentId : undefined);
  const counts = isModelOperation(facts.operation) && how.sameAs === undefined;
  batch.add(line, spanDraft(span, { facts, time, sameAs, counts, source, agent: allowed.agent }));
}

function roleOf(span: OtlpSpan, facts: GenAiFacts): SpanRole {
  if (isModelOperation(facts.operation)) return 'model';
  if (facts.operation !== undefined || span.kind === 'server') return 'boundary';
  const { attributes } = span;
  const isHttp = attributes.has('http.request.method') || attributes.has('http.method');
  return span.kind === 'client' && isHttp ? 'transport' : 'plain';
}

/** @throws otlp_body_invalid */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message.slice(0, 200) : 'it is not UTF-8';
    throw ingestErrors.otlp_body_invalid(`The body is not JSON: ${why}.`, { cause });
  }
}

/** Years beyond 9999 would not sort as text: they are far ahead of any clock. */
const LAST_SECOND = 253_402_300_799n;

function timeText(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const second = Number(seconds > LAST_SECOND ? LAST_SECOND : seconds);
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, '0');
  return `${new Date(second * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}
