/** Content codings of HTTP, whole bodies at once; the output is bounded, whatever the input says. */
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';

const MAX_CODINGS = 3;

interface Coding {
  decode(bytes: Buffer, maxOutputLength: number): Buffer;
  encode(bytes: Buffer): Buffer;
}

/** With flush instead of finish, what is there of a truncated body comes out. */
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };
const GZIP: Coding = {
  decode: (bytes, maxOutputLength) => gunzipSync(bytes, { ...FLUSH, maxOutputLength }),
  encode: (bytes) => gzipSync(bytes),
};
const CODINGS: Readonly<Record<string, Coding>> = {
  gzip: GZIP,
  'x-gzip': GZIP,
  deflate: {
    // Some senders leave the zlib header out, as RFC 9110 section 8.4.1.2 warns.
    decode: (bytes, maxOutputLength) =>
      ((bytes[0] ?? 0) & 0x0f) === 8
        ? inflateSync(bytes, { ...FLUSH, maxOutputLength })
        : inflateRawSync(bytes, { ...FLUSH, maxOutputLength }),
    encode: (bytes) => deflateSync(bytes),
  },
  br: {
    decode: (bytes, maxOutputLength) =>
      brotliDecompressSync(bytes, {
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
        maxOutputLength,
      }),
    encode: (bytes) => brotliCompressSync(bytes),
  },
  zstd: {
    decode: (bytes, maxOutputLength) =>
      zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush, maxOutputLength }),
    encode: (bytes) => zstdCompressSync(bytes),
  },
};

/** In the order in which they were applied; empty: none. */
export function contentCodings(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

/** @returns undefined: an unknown coding, broken, or longer than `maxBytes` when decoded */
export function decodeContent(
  bytes: Buffer,
  { codings, maxBytes }: { readonly codings: readonly string[]; readonly maxBytes: number },
): Buffer | undefined {
  if (codings.length > MAX_CODINGS) return undefined;
  try {
    return codings.reduceRight<Buffer | undefined>(
      (body, name) => (body === undefined ? undefined : CODINGS[name]?.decode(body, maxBytes)),
      bytes,
    );
  } catch {
    return undefined;
  }
}

/** @param codings those that decodeContent knew */
export function encodeContent(bytes: Buffer, codings: readonly string[]): Buffer {
  return codings.reduce((body, name) => CODINGS[name]?.encode(body) ?? body, bytes);
}
