import type { Duplex } from 'node:stream';
import { parseClientHello } from './client-hello.ts';

/** What a connection speaks, from its first bytes, which stay in the stream. */
export type Sniffed =
  | { readonly speaks: 'tls'; readonly serverName: string | undefined }
  | { readonly speaks: 'http' }
  | { readonly speaks: 'other' }
  /** Nothing came in time. */
  | { readonly speaks: 'nothing' }
  | { readonly speaks: 'closed' };

/** A method and the space after it; PRI of HTTP/2 is one, too, and refused as such later. */
const METHOD = /^[A-Z][A-Z-]{0,19} /;
const METHOD_BEGIN = /^[A-Z][A-Z-]{0,19}$/;
const TLS_HANDSHAKE = 22;
/** A hello of 16 KiB in small records. */
const MAX_BYTES = 20_000;

function judge(bytes: Buffer): Sniffed | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] === TLS_HANDSHAKE) {
    const hello = parseClientHello(bytes);
    if (hello.state === 'hello') return { speaks: 'tls', serverName: hello.serverName };
    return hello.state === 'bad' || bytes.length > MAX_BYTES ? { speaks: 'other' } : undefined;
  }
  const text = bytes.toString('latin1', 0, 21);
  if (METHOD.test(text)) return { speaks: 'http' };
  return METHOD_BEGIN.test(text) ? undefined : { speaks: 'other' };
}

export function sniffStream(stream: Duplex, timeoutMs: number): Promise<Sniffed> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (sniffed: Sniffed) => {
      clearTimeout(timer);
      stream.off('readable', read);
      stream.off('close', closed);
      stream.off('end', closed);
      if (bytes.length > 0) stream.unshift(bytes);
      resolve(sniffed);
    };
    const read = () => {
      for (;;) {
        const chunk: Buffer | null = stream.read();
        if (chunk === null) return;
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
        const sniffed = judge(bytes);
        if (sniffed !== undefined) return settle(sniffed);
      }
    };
    const closed = () => {
      bytes = Buffer.alloc(0);
      settle({ speaks: 'closed' });
    };
    const timer = setTimeout(
      () => settle(bytes.length === 0 ? { speaks: 'nothing' } : { speaks: 'other' }),
      timeoutMs,
    );
    stream.on('readable', read);
    stream.on('close', closed);
    stream.on('end', closed);
    if (stream.destroyed) closed();
  });
}
