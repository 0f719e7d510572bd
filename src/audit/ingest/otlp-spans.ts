/** The decoded request, whichever encoding it had → spans with plain values. */
import type { EventFacts } from '../../contracts/event.ts';

import { MAX_INGEST_DEPTH, MAX_INGEST_SPANS } from '../../contracts/ingest-limits.ts';
import { ingestErrors } from './errors.ts';
import type { ProblemCode } from './ingest-batch.ts';

export type JsonValue = NonNullable<EventFacts['attributes']>[string];
export type OtlpAttributes = ReadonlyMap<string, JsonValue>;

export interface OtlpSpanEvent {
  readonly name: string;
  readonly timeNs: bigint;
  readonly attributes: OtlpAttributes;
}

export interface OtlpSpan {
  /** 32 and 16 lower-case hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: OtlpAttributes;
  readonly droppedAttributes: number;
  readonly events: readonly OtlpSpanEvent[];
  readonly links: readonly { readonly run: string; readonly span: string }[];
  readonly status: { readonly code: number; readonly message: string };
  readonly resource: OtlpAttributes;
  readonly scope: string;
}

export interface SpanProblem {
  readonly code: ProblemCode;
  readonly message: string;
}

type Raw = Record<string, unknown>;

/** @throws otlp_body_invalid when the outer shape is wrong */
export function* otlpSpans(request: unknown): Generator<OtlpSpan | SpanProblem> {
  let spans = 0;
  for (const resourceSpans of list(record(request, 'the body').resourceSpans, 'resourceSpans')) {
    const resource = attributesOf(record(resourceSpans.resource ?? {}, 'resource').attributes);
    for (const scopeSpans of list(resourceSpans.scopeSpans, 'scopeSpans')) {
      const scope = scopeName(record(scopeSpans.scope ?? {}, 'scope'));
      for (const span of list(scopeSpans.spans, 'spans')) {
        if (++spans > MAX_INGEST_SPANS)
          throw ingestErrors.otlp_body_invalid(`The body has more than ${MAX_INGEST_SPANS} spans.`);
        yield spanOf(span, { resource, scope });
      }
    }
  }
}

function record(value: unknown, name: string): Raw {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw;
  throw ingestErrors.otlp_body_invalid(`${name} is not an object.`);
}

function list(value: unknown, name: string): Raw[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw ingestErrors.otlp_body_invalid(`${name} is not a list.`);
  return value.map((item: unknown) => record(item, `an item of ${name}`));
}

function spanOf(
  raw: Raw,
  outer: { resource: OtlpAttributes; scope: string },
): OtlpSpan | SpanProblem {
  const traceId = hexId(raw.traceId, 32);
  const spanId = hexId(raw.spanId, 16);
  if (traceId === undefined || spanId === undefined)
    return invalid('the span needs a trace id of 16 bytes and a span id of 8, not all zero');
  const startNs = nanoseconds(raw.startTimeUnixNano);
  const endNs = nanoseconds(raw.endTimeUnixNano);
  if (startNs === undefined || endNs === undefined)
    return invalid('startTimeUnixNano and endTimeUnixNano must be whole numbers of nanoseconds');
  const status = record(raw.status ?? {}, 'status');
  return {
    ...{ traceId, spanId, startNs, endNs, ...outer },
    parentId: hexId(raw.parentSpanId, 16),
    name: text(raw.name).slice(0, 300),
    kind: KINDS[enumValue(raw.kind, 'SPAN_KIND_')] ?? 'internal',
    attributes: attributesOf(raw.attributes),
    droppedAttributes: Number(raw.droppedAttributesCount ?? 0) || 0,
    events: list(raw.events, 'events')
      .slice(0, MAX_PARTS)
      .map((event) => ({
        name: text(event.name).slice(0, 300),
        timeNs: nanoseconds(event.timeUnixNano) ?? 0n,
        attributes: attributesOf(event.attributes),
      })),
    links: list(raw.links, 'links')
      .slice(0, MAX_PARTS)
      .flatMap((link) => linkOf(link)),
    status: { code: enumValue(status.code, 'STATUS_CODE_'), message: text(status.message) },
  };
}

/** Events and links of a span; exporters send at most 128 unless told otherwise. */
const MAX_PARTS = 128;

function linkOf(link: Raw): { run: string; span: string }[] {
  const run = hexId(link.traceId, 32);
  const span = hexId(link.spanId, 16);
  return run === undefined || span === undefined ? [] : [{ run, span }];
}

const KINDS: readonly (OtlpSpan['kind'] | undefined)[] = [
  ...(['internal', 'internal', 'server'] as const),
  ...(['client', 'producer', 'consumer'] as const),
];
const ENUM_NAMES: Readonly<Record<string, number>> = {
  ...{ SPAN_KIND_INTERNAL: 1, SPAN_KIND_SERVER: 2, SPAN_KIND_CLIENT: 3 },
  ...{ SPAN_KIND_PRODUCER: 4, SPAN_KIND_CONSUMER: 5 },
  ...{ STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 },
};

/** OTLP/JSON wants numbers; some senders write the names. */
function enumValue(value: unknown, prefix: string): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.startsWith(prefix) ? (ENUM_NAMES[value] ?? 0) : 0;
}

function invalid(message: string): SpanProblem {
  return { code: 'event_invalid', message };
}

/** Bytes in protobuf, hexadecimal digits in OTLP/JSON. */
function hexId(value: unknown, digits: number): string | undefined {
  let hex: string;
  if (value instanceof Uint8Array)
    hex = Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  else if (typeof value === 'string') hex = value.toLowerCase();
  else return undefined;
  return hex.length === digits && /^[0-9a-f]+$/.test(hex) && /[1-9a-f]/.test(hex) ? hex : undefined;
}

function nanoseconds(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
    ? BigInt(value)
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.toWellFormed() : '';
}

function scopeName(scope: Raw): string {
  const version = text(scope.version);
  return `${text(scope.name)}${version === '' ? '' : `@${version}`}`.slice(0, 200);
}

function attributesOf(value: unknown): OtlpAttributes {
  const attributes = new Map<string, JsonValue>();
  for (const { key, value: any } of list(value, 'attributes'))
    if (typeof key === 'string' && key !== '') attributes.set(text(key), anyValue(any, 0));
  return attributes;
}

function anyValue(value: unknown, depth: number): JsonValue {
  if (typeof value !== 'object' || value === null) return null;
  if (depth > MAX_INGEST_DEPTH - 4)
    throw ingestErrors.otlp_body_invalid('The value of an attribute nests too deep.');
  const any = value as Raw;
  if (typeof any.stringValue === 'string') return any.stringValue.toWellFormed();
  if (typeof any.boolValue === 'boolean') return any.boolValue;
  if (any.intValue !== undefined) return integer(any.intValue);
  if (any.doubleValue !== undefined) return double(any.doubleValue);
  if (any.arrayValue !== undefined)
    return list(record(any.arrayValue, 'arrayValue').values, 'values').map((item) =>
      anyValue(item, depth + 1),
    );
  if (any.kvlistValue !== undefined) {
    const pairs = list(record(any.kvlistValue, 'kvlistValue').values, 'values');
    const entries = pairs.map((pair) => [text(pair.key), anyValue(pair.value, depth + 1)] as const);
    return Object.fromEntries(entries.filter(([key]) => key !== '' && key !== '__proto__'));
  }
  if (any.bytesValue instanceof Uint8Array) return Buffer.from(any.bytesValue).toString('base64');
  return typeof any.bytesValue === 'string' ? any.bytesValue.toWellFormed() : null;
}

/** 64 bits: as a number where it is exact, else as text. */
function integer(value: unknown): JsonValue {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  return /^-?\d{1,20}$/.test(String(value)) ? String(value) : null;
}

function double(value: unknown): JsonValue {
  const number = Number(value);
  return Number.isFinite(number) ? number : String(number);
}
