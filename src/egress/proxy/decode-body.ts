import type { Transform } from 'node:stream';
import { Transform as TransformStream } from 'node:stream';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';

/** More are nobody's honest need. */
const MAX_LAYERS = 3;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: inflateEither,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * What undoes a Content-Encoding, first what was done last.
 * @returns undefined when one of its names is unknown
 */
export function decodersFor(encoding: string | string[] | undefined): Transform[] | undefined {
  const names = (Array.isArray(encoding) ? encoding.join(',') : (encoding ?? ''))
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MAX_LAYERS || names.some((name) => !Object.hasOwn(DECODERS, name)))
    return undefined;
  return names.reverse().flatMap((name) => DECODERS[name]?.() ?? []);
}

/** Servers mean by "deflate" zlib's format or the bare one: its first byte tells. */
function inflateEither(): Transform {
  let inner: Transform | undefined;
  return new TransformStream({
    transform(chunk: Buffer, _encoding, done) {
      if (inner === undefined) {
        inner = ((chunk[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
        inner.on('data', (data: Buffer) => {
          if (!this.push(data)) inner?.pause();
        });
        inner.on('error', (error) => this.destroy(error));
      }
      inner.write(chunk, (error) => done(error));
    },
    flush(done) {
      if (inner === undefined) return done();
      inner.once('end', () => done());
      inner.resume();
      inner.end();
    },
    read() {
      inner?.resume();
    },
  });
}
