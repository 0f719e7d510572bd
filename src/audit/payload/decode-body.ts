/** Takes Content-Encoding off, as far as it goes, within bounds of memory and time. */
import zlib from 'node:zlib';

export interface DecodedBody {
  readonly bytes: Uint8Array;
  /** There is, or may be, more than this. */
  readonly cut: boolean;
}

type Decoder = (bytes: Uint8Array, maxOutputLength: number) => Buffer;

// A flush in place of an end: what is there of a cut stream is given out.
const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = zlib.constants;
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: (bytes, maxOutputLength) =>
    zlib.gunzipSync(bytes, { finishFlush: Z_SYNC_FLUSH, maxOutputLength }),
  deflate: (bytes, maxOutputLength) => {
    // Some senders leave out zlib's header, which RFC 9110 wants.
    const inflate = ((bytes[0] ?? 0) & 0x0f) === 8 ? zlib.inflateSync : zlib.inflateRawSync;
    return inflate(bytes, { finishFlush: Z_SYNC_FLUSH, maxOutputLength });
  },
  br: (bytes, maxOutputLength) =>
    zlib.brotliDecompressSync(bytes, { finishFlush: BROTLI_OPERATION_FLUSH, maxOutputLength }),
  zstd: (bytes, maxOutputLength) =>
    zlib.zstdDecompressSync(bytes, { finishFlush: ZSTD_e_flush, maxOutputLength }),
};
const MAX_ENCODINGS = 3;
/** How often less of a bomb is tried, half each time. */
const MAX_TRIES = 12;

/** @returns undefined when the encoding is not known or the bytes are not of it */
export function decodeBody(
  bytes: Uint8Array,
  { contentEncoding, maxBytes }: { readonly contentEncoding: string; readonly maxBytes: number },
): DecodedBody | undefined {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim().replace(/^x-/, ''))
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MAX_ENCODINGS) return undefined;
  if (names.length === 0)
    return { bytes: bytes.subarray(0, maxBytes), cut: bytes.length > maxBytes };
  let decoded: DecodedBody = { bytes, cut: false };
  for (const name of names.reverse()) {
    const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
    const next = decoder && decodeBounded(decoded.bytes, { decoder, maxBytes });
    if (next === undefined) return undefined;
    decoded = { bytes: next.bytes, cut: decoded.cut || next.cut };
  }
  return decoded;
}

/** zlib gives out nothing when there is too much: then the beginning is decoded alone. */
function decodeBounded(
  bytes: Uint8Array,
  { decoder, maxBytes }: { readonly decoder: Decoder; readonly maxBytes: number },
): DecodedBody | undefined {
  const limit = maxBytes * 4 + 65_536;
  let input = bytes;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      const output = decoder(input, limit);
      const cut = input.length < bytes.length || output.length > maxBytes;
      return { bytes: output.subarray(0, maxBytes), cut };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') return undefined;
      input = input.subarray(0, Math.floor(input.length / 2));
    }
  }
  return undefined;
}
