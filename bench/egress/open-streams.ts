import type { Socket } from 'node:net';
import { BENCH_HOST } from './bench-target.ts';

const REQUEST = `GET /stream HTTP/1.1\r\nHost: ${BENCH_HOST}\r\n\r\n`;
const EVENT = /data: (\d+)\n\n/;
const TIMEOUT_MS = 30_000;

/** Opens a stream. @returns how old its first event was when it came, in ms; it stays open */
export function openStream(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('no event came')), TIMEOUT_MS);
    const read = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const sent = EVENT.exec(text)?.[1];
      if (sent === undefined) return;
      clearTimeout(timer);
      socket.off('data', read);
      socket.resume();
      resolve(Number(process.hrtime.bigint() - BigInt(sent)) / 1e6);
    };
    socket.on('data', read);
    socket.once('error', reject);
    socket.write(REQUEST);
  });
}
