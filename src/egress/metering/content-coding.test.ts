import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { contentCodings, decodeContent, encodeContent } from './content-coding.ts';

const TEXT = Buffer.from(JSON.stringify({ usage: 'é'.repeat(3000) }));
const MAX = 1024 * 1024;

const FORMS: readonly (readonly [codings: string, bytes: Buffer])[] = [
  ['gzip', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ['identity', TEXT],
  ['', TEXT],
];

for (const [header, bytes] of FORMS)
  test(`decodes ${header === '' ? 'nothing' : header}`, () => {
    const codings = contentCodings(header);
    assert.deepEqual(decodeContent(bytes, { codings, maxBytes: MAX }), TEXT);
    assert.deepEqual(decodeContent(encodeContent(TEXT, codings), { codings, maxBytes: MAX }), TEXT);
  });

test('what is too long, broken, unknown or coded too often is nothing', () => {
  const bomb = gzipSync(Buffer.alloc(4 * MAX));
  assert.equal(decodeContent(bomb, { codings: ['gzip'], maxBytes: MAX }), undefined);
  for (const coding of ['gzip', 'br', 'zstd', 'compress', '__proto__', 'constructor'])
    assert.equal(decodeContent(TEXT, { codings: [coding], maxBytes: MAX }), undefined, coding);
  const codings = Array.from({ length: 4 }, () => 'gzip');
  const often = gzipSync(gzipSync(gzipSync(gzipSync(TEXT))));
  assert.equal(decodeContent(often, { codings, maxBytes: MAX }), undefined);
});

test('a body that was cut off is decoded as far as it came', () => {
  for (const [coding, bytes] of FORMS.slice(0, 6)) {
    const codings = contentCodings(coding);
    const half = decodeContent(bytes.subarray(0, bytes.length - 9), { codings, maxBytes: MAX });
    assert.equal(TEXT.subarray(0, half?.length).equals(half ?? Buffer.from('x')), true, coding);
  }
});
