import type { EventCost, EventFacts, EventTokens } from '../../contracts/event.ts';
import { MAX_ATTRIBUTE_BYTES } from '../../contracts/ingest-limits.ts';
import type { IngestSource } from '../ports.ts';
import { capturePayload, payloadPolicyOf } from './capture-payload.ts';
import { ingestEvents } from './events.ts';
import { firstText, type GenAiFacts } from './genai-facts.ts';
import type { IngestDraft } from './ingest-batch.ts';
import type { JsonValue, OtlpAttributes, OtlpSpan, OtlpSpanEvent } from './otlp-spans.ts';
import { spanContent } from './span-content.ts';

/** Repeats of an export carry the same ids. */
export function spanEventId(span: OtlpSpan): string {
  return `span_${span.traceId}_${span.spanId}`;
}

/** Which agent of Swarm's the span says that it belongs to. */
export function agentOfSpan(span: OtlpSpan, source: IngestSource): string | undefined {
  const said = firstText(span.resource, ['swarm.agent'], 100);
  if (said !== undefined || source.agents?.length === 1) return said;
  return firstText(span.resource, ['service.name'], 100);
}

/**
 * `sameAs`: the span that is counted instead of this one. Then, and when the span is a sum of others
 * (an agent, a workflow), tokens and cost stand where no sum looks.
 */
export function spanDraft(
  span: OtlpSpan,
  how: {
    readonly facts: GenAiFacts;
    readonly agent: string | undefined;
    readonly time: string;
    readonly sameAs: string | undefined;
    readonly counts: boolean;
    readonly source: IngestSource;
  },
): IngestDraft {
  const { facts, source, agent } = how;
  const content = spanContent(span);
  const error = errorOf(span);
  const usage = facts.tokens ?? facts.cost;
  const draft: IngestDraft = {
    kind: ingestEvents['otel.span'],
    actor: source.actor,
    id: spanEventId(span),
    time: how.time,
    phase: 'whole',
    status: span.status.code === 2 ? 'error' : 'ok',
    run: span.traceId,
    span: span.spanId,
    ...(span.parentId !== undefined && { parent: span.parentId }),
    ...(agent !== undefined && { agent }),
    ...machineOf(span.resource),
    ...(facts.tool !== undefined && { tool: facts.tool }),
    ...(facts.provider !== undefined && { provider: facts.provider }),
    ...(facts.model !== undefined && { model: facts.model }),
    ...(error !== undefined && { error }),
    durationNs: durationNs(span),
    ...(how.counts && facts.tokens && { tokens: facts.tokens }),
    ...(how.counts && facts.cost && { cost: facts.cost }),
    attributes: attributesOf(span, {
      ...{ attributes: content.attributes, events: content.events },
      own: {
        'otel.name': span.name,
        'otel.kind': span.kind,
        ...(span.scope !== '' && { 'otel.scope': span.scope }),
        ...(facts.operation !== undefined && { 'otel.operation': facts.operation }),
        ...(how.sameAs !== undefined && { 'otel.same_as': how.sameAs }),
        ...(!how.counts &&
          usage !== undefined && { 'otel.usage': usageOf(facts.tokens, facts.cost) }),
      },
    }),
  };
  if (content.request === undefined && content.response === undefined) return draft;
  return { ...draft, captured: capturePayload(payloadPolicyOf(source, agent), content) };
}

function usageOf(tokens: EventTokens | undefined, cost: EventCost | undefined): JsonValue {
  return {
    ...(tokens !== undefined && { tokens: { ...tokens } as Record<string, number> }),
    ...(cost !== undefined && { cost: { ...cost } }),
  };
}

function durationNs(span: OtlpSpan): number {
  const ns = span.endNs - span.startNs;
  return ns < 0n ? 0 : Math.min(Number(ns), Number.MAX_SAFE_INTEGER);
}

/** swarmd gives these to its machines; from elsewhere they are absent. */
function machineOf(resource: OtlpAttributes): Pick<EventFacts, 'machine' | 'replica' | 'revision'> {
  const machine = firstText(resource, ['swarm.machine'], 100);
  const replica = resource.get('swarm.replica');
  const revision = resource.get('swarm.revision');
  return {
    ...(machine !== undefined && { machine }),
    ...(isCount(replica) && { replica }),
    ...(isCount(revision) && { revision }),
  };
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function errorOf(span: OtlpSpan): EventFacts['error'] | undefined {
  if (span.status.code !== 2) return undefined;
  const exception = span.events.find((event) => event.name === 'exception')?.attributes;
  const none: OtlpAttributes = new Map();
  return {
    code:
      firstText(span.attributes, ['error.type'], 100) ??
      firstText(exception ?? none, ['exception.type'], 100) ??
      'otel_error',
    message: (span.status.message !== ''
      ? span.status.message
      : (firstText(exception ?? none, ['exception.message'], 2000) ?? '')
    )
      .slice(0, 2000)
      .toWellFormed(),
  };
}

/** Resources describe whole processes: what is kept of them stands in every span. */
const RESOURCE_KEPT = /^(service|deployment|telemetry\.sdk|swarm)\./;
/** Room for what is added around the sender's. */
const MAX_KEPT_BYTES = MAX_ATTRIBUTE_BYTES - 2_048;
const MAX_NAME_LENGTH = 200;

function attributesOf(
  span: OtlpSpan,
  parts: {
    readonly own: Readonly<Record<string, JsonValue>>;
    readonly attributes: OtlpAttributes;
    readonly events: readonly OtlpSpanEvent[];
  },
): Record<string, JsonValue> {
  const kept: Record<string, JsonValue> = { ...parts.own };
  let bytes = Buffer.byteLength(JSON.stringify(kept));
  let dropped = span.droppedAttributes;
  const add = (name: string, value: JsonValue) => {
    const more = Buffer.byteLength(name) * 2 + Buffer.byteLength(JSON.stringify(value)) + 4;
    const fits = bytes + more <= MAX_KEPT_BYTES && name.length <= MAX_NAME_LENGTH;
    if (!fits || name === '__proto__' || Object.hasOwn(kept, name)) {
      dropped++;
      return;
    }
    kept[name] = value;
    bytes += more;
  };
  const resource = [...span.resource].filter(([name]) => RESOURCE_KEPT.test(name));
  if (resource.length > 0) add('otel.resource', Object.fromEntries(resource));
  for (const [name, value] of parts.attributes) add(name, value);
  if (span.links.length > 0) add('otel.links', span.links.slice());
  if (parts.events.length > 0) add('otel.events', parts.events.map(eventJson));
  if (dropped > 0) kept['otel.dropped_attributes'] = dropped;
  return kept;
}

function eventJson(event: OtlpSpanEvent): JsonValue {
  return {
    name: event.name,
    timeUnixNano: event.timeNs.toString(),
    attributes: Object.fromEntries(event.attributes),
  };
}
