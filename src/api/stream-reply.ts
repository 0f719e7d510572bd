/** Answers that stream: bounded buffers, pings, and an end for readers that do not read. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StreamItem } from './endpoint.ts';

export interface StreamTimes {
  readonly pingMs: number;
  /** A reader that takes nothing for this long is cut off. */
  readonly stallMs: number;
}
export const STREAM_TIMES: StreamTimes = { pingMs: 15_000, stallMs: 30_000 };

interface StreamOptions<T> {
  readonly mediaType: string;
  readonly items: AsyncIterable<T>;
  readonly format: (item: T) => string;
  readonly ping: string;
  readonly signal: AbortSignal;
  readonly times: StreamTimes;
}

/**
 * Writes each item when the last one was taken: at most one item and the socket's own buffer
 * (16 KiB) wait in memory. The source bounds what it keeps for a slow reader.
 */
export async function streamReply<T>(
  response: ServerResponse,
  options: StreamOptions<T>,
): Promise<void> {
  const { signal, times } = options;
  response.writeHead(200, {
    'content-type': options.mediaType,
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const pings = setInterval(() => {
    if (!response.writableNeedDrain) response.write(options.ping);
  }, times.pingMs);
  try {
    for await (const item of options.items) {
      if (signal.aborted) break;
      if (response.write(options.format(item))) continue;
      const stalled = AbortSignal.any([signal, AbortSignal.timeout(times.stallMs)]);
      await once(response, 'drain', { signal: stalled });
    }
    response.end();
  } catch (error) {
    response.destroy();
    const cutOff = error instanceof Error && error.name === 'AbortError';
    if (!cutOff && !signal.aborted) throw error;
  } finally {
    clearInterval(pings);
  }
}

export function formatEvent(item: StreamItem): string {
  const { id } = item;
  // JSON has no line breaks of its own, so one data line is enough.
  const json = 'json' in item ? item.json : JSON.stringify(item.data);
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${json}\n\n`;
}

export function formatLine(item: unknown): string {
  return `${JSON.stringify(item)}\n`;
}
