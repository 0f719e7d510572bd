import type { IncomingMessage } from 'node:http';
import { apiErrors } from './errors.ts';

interface Bounds {
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
}

/**
 * A request's body as it was sent. Left early, the request lives on: its sender has to read the refusal.
 * @throws what `tooLarge` returns; body_malformed when its sender went away: no fault of swarmd
 */
export async function readBounded(
  request: IncomingMessage,
  { maxBytes, tooLarge }: Bounds,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of pieces(request)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

async function* pieces(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw apiErrors.body_malformed('The body ended before its end.', { cause });
  }
}
