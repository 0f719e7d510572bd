import type { IncomingMessage } from 'node:http';
import { apiErrors } from './errors.ts';
import { findJsonFault } from './json-fault.ts';
import { readBounded } from './read-bounded.ts';

interface BodyBounds {
  readonly maxBytes: number;
  /** All of it must be here by then: what has come is held in memory. */
  readonly timeoutMs: number;
}

/**
 * The request's JSON value; undefined when there is no body.
 * @throws body_type_unsupported, body_too_large, body_too_slow, body_malformed (with line and column)
 */
export async function readJsonBody(
  request: IncomingMessage,
  bounds: BodyBounds,
): Promise<{ value: unknown; text: string }> {
  const text = await readText(request, bounds);
  if (text === '') return { value: undefined, text };
  const type = request.headers['content-type'];
  if (type === undefined || !/^application\/(\S+\+)?json\s*(;|$)/i.test(type))
    throw apiErrors.body_type_unsupported(
      `The body is ${type === undefined ? 'without a Content-Type' : `of type ${type.slice(0, 100)}`}; this takes application/json.`,
    );
  try {
    return { value: JSON.parse(text), text };
  } catch {
    const fault = findJsonFault(text);
    const where =
      fault === undefined
        ? '.'
        : ` at line ${fault.line}, column ${fault.column}: expected ${fault.expected}.`;
    throw apiErrors.body_malformed(`The body is not JSON${where}`);
  }
}

async function readText(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: BodyBounds,
): Promise<string> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw apiErrors.body_type_unsupported(`The body is compressed (${encoding.slice(0, 40)}).`);
  const tooLarge = () =>
    apiErrors.body_too_large(`The body is larger than ${maxBytes} bytes, the most this takes.`);
  const body = await inTime(readBounded(request, { maxBytes, tooLarge }), timeoutMs);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw apiErrors.body_malformed('The body is not UTF-8.');
  }
}

async function inTime<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(apiErrors.body_too_slow(`The body was not here after ${timeoutMs} ms.`)),
    timeoutMs,
  );
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
