import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { SwarmError } from '../../base/errors.ts';
import { egressErrors } from '../errors.ts';
import type { BodyLease } from './held-bodies.ts';

export type ReadBody =
  | { readonly whole: Buffer }
  /** Longer than was to be kept: all of it, from its beginning. */
  | { readonly stream: Readable };

/** @throws the request's error when it breaks off, egress_busy */
export function readBody(
  request: IncomingMessage,
  { maxBytes, lease }: { readonly maxBytes: number; readonly lease: BodyLease },
): Promise<ReadBody> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes)
    return Promise.resolve({ stream: request });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (how: () => void) => {
      request.off('readable', read);
      request.off('end', ended);
      request.off('error', failed);
      request.off('close', closed);
      how();
    };
    const read = () => {
      for (;;) {
        const chunk: Buffer | null = request.read();
        if (chunk === null) return;
        if (!lease.take(chunk.length)) return failed(tooMuch());
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) return settle(() => resolve({ stream: joined(chunks, request) }));
      }
    };
    const ended = () => settle(() => resolve({ whole: Buffer.concat(chunks, bytes) }));
    const failed = (error: Error) => settle(() => reject(error));
    const closed = () => failed(new Error('the request broke off'));
    request.on('readable', read);
    request.on('end', ended);
    request.on('error', failed);
    request.on('close', closed);
  });
}

function tooMuch(): SwarmError {
  return egressErrors.egress_busy(
    'Too many long requests are under way: there is no room for the body of this one.',
  );
}

function joined(chunks: readonly Buffer[], request: IncomingMessage): Readable {
  return Readable.from(
    (async function* () {
      yield* chunks;
      yield* request;
    })(),
    { objectMode: false },
  );
}
