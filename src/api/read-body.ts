import type { IncomingMessage } from 'node:http';
import { describeError } from '../base/errors.ts';
import { apiErrors } from './errors.ts';

/**
 * The request's JSON value; undefined when there is no body.
 * @throws body_type_unsupported, body_too_large, body_malformed (with line and column)
 */
export async function readJsonBody(
  request: IncomingMessage,
  options: { maxBytes: number },
): Promise<{ value: unknown; text: string }> {
  const text = await readText(request, options.maxBytes);
  if (text === '') return { value: undefined, text };
  const type = request.headers['content-type'];
  if (type === undefined || !/^application\/(\S+\+)?json\s*(;|$)/i.test(type))
    throw apiErrors.body_type_unsupported(
      `The body is ${type === undefined ? 'without a Content-Type' : `of type ${type.slice(0, 100)}`}; this takes application/json.`,
    );
  try {
    return { value: JSON.parse(text), text };
  } catch (error) {
    throw apiErrors.body_malformed(`The body is not JSON: ${where(describeError(error), text)}`);
  }
}

/**
 * The parser's message with line and column, and without the part of the text that it quotes:
 * the body may hold a secret.
 */
function where(message: string, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const what = message.split(/ in JSON|, "/)[0] ?? 'not valid';
  if (position === undefined) return `${what}, at its end.`;
  const before = text.slice(0, Number(position)).split('\n');
  return `${what} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}.`;
}

async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw apiErrors.body_type_unsupported(`The body is compressed (${encoding.slice(0, 40)}).`);
  const tooLarge = () =>
    apiErrors.body_too_large(`The body is larger than ${maxBytes} bytes, the most this takes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw apiErrors.body_malformed('The body is not UTF-8.');
  }
}
