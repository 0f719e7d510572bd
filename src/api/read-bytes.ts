/** Bodies that are not JSON of one request: bounded bytes, plain or gzip. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { apiErrors } from './errors.ts';
import { readBounded } from './read-bounded.ts';

const gunzipAsync = promisify(gunzip);

/**
 * The whole body; a compressed one is unpacked, and bounded before and after.
 * @throws body_type_unsupported, body_too_large, body_malformed
 */
export async function readBytes(
  request: IncomingMessage,
  { maxBytes }: { maxBytes: number },
): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw apiErrors.body_type_unsupported(
      `The body is compressed with ${encoding.slice(0, 40)}; this takes gzip, or none.`,
      { remedy: 'Send it with "Content-Encoding: gzip", or not compressed.' },
    );
  const tooLarge = () =>
    apiErrors.body_too_large(`The body is larger than ${maxBytes} bytes, the most this takes.`, {
      remedy: 'Send it in several requests.',
    });
  const body = await readBounded(request, { maxBytes, tooLarge });
  if (encoding === 'identity') return body;
  try {
    return await gunzipAsync(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw apiErrors.body_malformed('The body is said to be gzip, and is not.', {
      remedy: 'Send it compressed with gzip, or without "Content-Encoding".',
    });
  }
}

/** The media type without its parameters, in lower case; undefined when there is none. */
export function mediaTypeOf(request: IncomingMessage): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
