import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { CanonicalScan } from './canonical-scan.ts';

const scan = new CanonicalScan();

/** Padded, so that reading past an end would be noticed. */
function isCanonical(bytes: Buffer): boolean {
  const padded = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('}]"1')]);
  return isUtf8(bytes) && scan.scan(padded, 2, 2 + bytes.length);
}

/** Slow and sure: what JSON.parse makes of it has this canonical form. */
function isCanonicalSlowly(bytes: Buffer): boolean {
  if (!isUtf8(bytes) || bytes[0] !== 0x7b) return false;
  try {
    return canonicalJson(JSON.parse(bytes.toString('utf8'))) === bytes.toString('utf8');
  } catch {
    return false;
  }
}

const objects = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }),
);

test('canonical JSON of any object is taken for canonical', () => {
  fc.assert(
    fc.property(objects, (value) => {
      const text = canonicalJson(value);
      fc.pre(text !== undefined);
      assert.equal(isCanonical(Buffer.from(text ?? '')), true);
    }),
    { numRuns: 500 },
  );
});

test('a changed byte is judged as by parsing and writing it again', () => {
  fc.assert(
    fc.property(
      objects,
      fc.nat(),
      fc.constantFrom(...Buffer.from('{}[]",:\\0019eEu-+. \nabntrf\x00\x7f\xc3')),
      fc.boolean(),
      (value, where, byte, insert) => {
        const bytes = Buffer.from(canonicalJson(value) ?? '{}');
        const at = where % bytes.length;
        const changed = insert
          ? Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)])
          : Buffer.from(bytes.map((old, i) => (i === at ? byte : old)));
        assert.equal(isCanonical(changed), isCanonicalSlowly(changed), changed.toString('latin1'));
      },
    ),
    { numRuns: 3000 },
  );
});

test('what RFC 8785 writes in one way only is taken in that way only', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['{}', true],
    ['{"a":1e+21,"b":1e-7,"c":-0.5}', true],
    ['{"a":-0}', false],
    ['{"a":1.0}', false],
    ['{"a":01}', false],
    ['{"a":1e21}', false],
    ['{"a":100000000000000000000}', true],
    ['{"a":9007199254740993}', false],
    ['{"a":NaN}', false],
    ['{"a":Infinity}', false],
    ['{"a":"\\u001f\\b"}', true],
    ['{"a":"\\u001F"}', false],
    ['{"a":"\\u0008"}', false],
    ['{"a":"\\/"}', false],
    ['{"a":"\\ud800"}', false],
    ['{"b":1,"a":2}', false],
    ['{"a":1,"a":1}', false],
    ['{"\u{1f600}":1,"\ufb33":2}', true],
    ['{"\ufb33":2,"\u{1f600}":1}', false],
    ['{"a":1}{', false],
    ['{"a":1} ', false],
    ['[]', false],
    ['{"a"', false],
    ['', false],
    [`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, true],
  ];
  for (const [text, expected] of cases)
    assert.equal(isCanonical(Buffer.from(text)), expected, text.slice(0, 50));
});
