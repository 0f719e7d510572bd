/** Answers that are neither JSON nor events: a text, a file, an archive made while it is sent. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ContentReply } from './endpoint.ts';
import type { StreamTimes } from './stream-reply.ts';

interface SendOptions extends ContentReply {
  readonly signal: AbortSignal;
  readonly times: StreamTimes;
}

/** A stream that fails half-way is cut off, so that nobody takes a part for the whole. */
export async function sendContent(response: ServerResponse, options: SendOptions): Promise<void> {
  const { content, mediaType, status = 200, headers = {} } = options;
  response.statusCode = status;
  for (const [name, value] of Object.entries({ 'content-type': mediaType, ...headers }))
    response.setHeader(name, value);
  if (content instanceof Uint8Array) {
    response.setHeader('content-length', content.length);
    response.end(content);
    return;
  }
  await sendChunks(response, { ...options, content });
}

async function sendChunks(
  response: ServerResponse,
  options: SendOptions & { readonly content: AsyncIterable<Uint8Array> },
): Promise<void> {
  const { content, signal, times } = options;
  try {
    for await (const chunk of content) {
      signal.throwIfAborted();
      if (response.write(chunk)) continue;
      const stalled = AbortSignal.any([signal, AbortSignal.timeout(times.stallMs)]);
      await once(response, 'drain', { signal: stalled });
    }
    response.end();
  } catch (error) {
    // Nothing was sent yet: the answer can still be an error.
    if (!response.headersSent && !signal.aborted) {
      for (const name of Object.keys(options.headers ?? {})) response.removeHeader(name);
      throw error;
    }
    response.destroy();
    const cutOff = error instanceof Error && error.name === 'AbortError';
    if (!cutOff && !signal.aborted) throw error;
  }
}
