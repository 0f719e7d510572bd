import { once } from 'node:events';
import type { OutputStream } from './output.ts';

/** Resolves when the reader has taken what was written: a long answer must not pile up in memory. */
export async function drained(stream: OutputStream): Promise<void> {
  if (stream.writableNeedDrain) await once(stream, 'drain');
}
