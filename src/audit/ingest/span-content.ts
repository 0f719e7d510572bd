/** Takes what was said out of a span's attributes: it goes into the payload, under the policy. */

import { type SentBody, sentBody } from './capture-payload.ts';
import { REQUEST_CONTENT, RESPONSE_CONTENT } from './genai-names.ts';
import type { JsonValue, OtlpAttributes, OtlpSpan, OtlpSpanEvent } from './otlp-spans.ts';

export interface SpanContent {
  readonly request: SentBody | undefined;
  readonly response: SentBody | undefined;
  /** What is left. */
  readonly attributes: OtlpAttributes;
  readonly events: readonly OtlpSpanEvent[];
}

type Side = 'request' | 'response' | 'neither';

/** Names as a set, and beginnings of names. */
function matcher(names: readonly string[]): (name: string) => boolean {
  const whole = new Set(names.filter((name) => !name.endsWith('.')));
  const beginnings = names.filter((name) => name.endsWith('.'));
  return (name) => whole.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
const isRequest = matcher(REQUEST_CONTENT);
const isResponse = matcher(RESPONSE_CONTENT);

/** Older conventions put messages into events of the span. */
const RESPONSE_EVENTS = ['gen_ai.choice', 'gen_ai.content.completion'];
const REQUEST_EVENT = /^gen_ai\.(content\.prompt|(system|user|assistant|tool)\.message)$/;
const DETAILS_EVENT = 'gen_ai.client.inference.operation.details';

function sideOf(name: string): Side {
  if (isRequest(name)) return 'request';
  return isResponse(name) ? 'response' : 'neither';
}

export function spanContent(span: OtlpSpan): SpanContent {
  const said = { request: new Map<string, JsonValue>(), response: new Map<string, JsonValue>() };
  const attributes = new Map<string, JsonValue>();
  for (const [name, value] of span.attributes) {
    const side = sideOf(name);
    if (side === 'neither') attributes.set(name, withoutSecret(name, value));
    else said[side].set(name, value);
  }
  const events = span.events.flatMap((event, index) => {
    const side = eventSide(event);
    if (side === 'neither') return [event];
    if (event.name !== DETAILS_EVENT) {
      said[side].set(`${event.name}.${index}`, Object.fromEntries(event.attributes));
      return [];
    }
    for (const [name, value] of event.attributes) {
      const own = sideOf(name);
      if (own !== 'neither') said[own].set(name, value);
    }
    return [];
  });
  return {
    ...{ attributes, events },
    request: bodyOf(said.request),
    response: bodyOf(said.response),
  };
}

function eventSide(event: OtlpSpanEvent): Side {
  if (RESPONSE_EVENTS.includes(event.name)) return 'response';
  return event.name === DETAILS_EVENT || REQUEST_EVENT.test(event.name) ? 'request' : 'neither';
}

/** One text is the body; several become an object of their names. */
function bodyOf(said: Map<string, JsonValue>): SentBody | undefined {
  const parts = [...said].filter(([name]) => !name.endsWith('.mime_type'));
  const [first] = parts;
  if (first === undefined) return undefined;
  if (parts.length > 1) return sentBody(Object.fromEntries(parts));
  const [name, value] = first;
  if (typeof value !== 'string') return sentBody({ [name]: value });
  return isJson(value)
    ? { bytes: Buffer.from(value), contentType: 'application/json' }
    : sentBody(value);
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Instrumentations of HTTP clients can be told to record headers. */
const SECRET_NAME = /authorization|cookie|api[-_.]?key|secret|password|llm\.headers/i;

function withoutSecret(name: string, value: JsonValue): JsonValue {
  return SECRET_NAME.test(name) ? '[redacted]' : value;
}
