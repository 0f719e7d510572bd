import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Matchers, Scrubber } from './scrubber.ts';

const value = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 });

function scrubbed(secret: string, chunks: readonly Buffer[]): string {
  const matcher = new Matchers().of('m', [{ name: 'N', value: secret }]);
  if (matcher === undefined) return Buffer.concat(chunks).toString('latin1');
  const scrubber = new Scrubber(matcher);
  const out = chunks.map((chunk) => scrubber.push(chunk));
  return Buffer.concat([...out, scrubber.end()]).toString('latin1');
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

const FORMS: ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  (text) => encodeURIComponent(text),
  (text) => Buffer.from(text).toString('hex'),
  (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  (text) => [...text].map((c) => `&#${c.charCodeAt(0)};`).join(''),
  (text) => [...text].map((c) => `\\u00${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
];

test('no form of any value survives, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      value,
      fc.nat(FORMS.length - 1),
      fc.string({ maxLength: 20 }),
      fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 60 }),
      (secret, form, around, sizes) => {
        fc.pre(secret.trim() === secret);
        const text = FORMS[form]?.(secret) ?? '';
        const out = scrubbed(secret, cut(Buffer.from(`${around}\n${text}\n${around}`), sizes));
        assert.ok(!out.includes(text), out);
      },
    ),
    { numRuns: 400 },
  );
});

test('what holds no value passes as it is, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 20 }),
      (bytes, sizes) => {
        const secret = 'a value that random bytes do not hold';
        const out = scrubbed(secret, cut(Buffer.from(bytes), sizes));
        assert.equal(out, Buffer.from(bytes).toString('latin1'));
      },
    ),
  );
});

test('values that are too short to protect anything are left alone', () => {
  assert.equal(scrubbed('abc', [Buffer.from('abcabc')]), 'abcabc');
});

test('an event that ends like the beginning of a value in some form is not held back', () => {
  const matcher = new Matchers().of('m', [{ name: 'N', value: 'sk-0123456789abcdef' }]);
  assert.ok(matcher);
  // Hexadecimal of it begins with 736b, base64 with c2st.
  const ends = ['7', '73', '736b', '73 6b', 'c', 'c2', 'c2s', 's', 'sk-', '11', '115', '115, 107'];
  for (const end of ends)
    for (const blank of ['\n\n', '\r\n\r\n', '\r\r']) {
      const event = `event: endpoint${blank.slice(0, blank.length / 2)}data: /x?id=${end}${blank}`;
      assert.equal(new Scrubber(matcher).push(Buffer.from(event)).toString(), event);
    }
});

test('a row of backslashes costs no more than its length', () => {
  const code = `
    const { Matchers, Scrubber } = await import(process.argv[1]);
    for (const [value, length] of [['sk-0123456789abcdef', 3e6], ['\\\\host', 2e5]]) {
      const matcher = new Matchers().of('m', [{ name: 'N', value }]);
      new Scrubber(matcher).push(Buffer.from('\\\\'.repeat(length)));
    }
    console.log('done');`;
  const from = new URL('./scrubber.ts', import.meta.url).href;
  // A few seconds; and hours where each place looks at all that follow.
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code, from], {
    ...{ encoding: 'utf8', timeout: 300_000 },
  });
  assert.equal(stdout.trim(), 'done');
});

test('the case of letters hides no value, as names of headers and hosts have none', () => {
  const secret = 'sk-AbCdEf0123456789';
  const cases = [
    secret.toLowerCase(),
    secret.toUpperCase(),
    encodeURIComponent(`Sk-aBCdEf0123456789`),
  ];
  for (const text of cases)
    assert.equal(
      scrubbed(secret, [Buffer.from(`x-${text}.example.com`)]),
      'x-[secret N].example.com',
    );
  assert.equal(scrubbed('admin', [Buffer.from('Admin')]), 'Admin');
});

test('what is encoded in base64 twice is found, wherever it lies in either', () => {
  const secrets = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 });
  const before = fc.string({ unit: 'grapheme-ascii', maxLength: 7 });
  const coding = fc.constantFrom('base64' as const, 'base64url' as const);
  fc.assert(
    fc.property(secrets, before, before, coding, coding, (secret, one, other, inner, outer) => {
      fc.pre(secret.trim() === secret);
      const once = Buffer.from(`${one}${secret}${one}`).toString(inner);
      const twice = Buffer.from(`${other}{"auth":"${once}"}`).toString(outer);
      const out = scrubbed(secret, [Buffer.from(twice)]);
      assert.ok(out.includes('[secret N]'), `${secret} in ${twice}`);
    }),
  );
});

const numbers = (text: string) => [...Buffer.from(text)];
const hexOf = (byte: number) => byte.toString(16).padStart(2, '0');
const LISTS: ((text: string) => string)[] = [
  (text) => JSON.stringify(Buffer.from(text)),
  (text) => JSON.stringify(Buffer.from(text), null, 2),
  (text) => JSON.stringify(JSON.stringify(Buffer.from(text), null, 2)),
  (text) => JSON.stringify(new Uint8Array(Buffer.from(text))),
  (text) => JSON.stringify({ nested: new Uint8Array(Buffer.from(text)) }, null, 2),
  (text) => JSON.stringify(JSON.stringify(new Uint8Array(Buffer.from(text)))),
  (text) => JSON.stringify(numbers(text).map(String)),
  (text) => numbers(text).join(' '),
  (text) => `{${numbers(text).join(';')}}`,
  (text) => numbers(text).map(hexOf).join(' '),
  (text) => numbers(text).map(hexOf).join(':').toUpperCase(),
  (text) => `[${numbers(text).map(hexOf).join('-')}]`,
  (text) =>
    `{ ${numbers(text)
      .map((byte) => `0x${hexOf(byte)}`)
      .join(', ')} }`,
  (text) =>
    `[${numbers(text)
      .map((byte) => `\n  0x${hexOf(byte)}`)
      .join(',')}\n]`,
  (text) => inspect(Buffer.from(text)),
  (text) => JSON.stringify(numbers(text).map(hexOf)),
];

test('a value that is written as the numbers of its bytes does not survive', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 }),
      fc.constantFrom(...LISTS),
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }),
      (secret, list, sizes) => {
        fc.pre(secret.trim() === secret && Buffer.byteLength(secret) <= 50);
        const text = `{"a":[1,22,333],"b":${list(secret)},"c":"20"}\n\n`;
        const out = scrubbed(secret, cut(Buffer.from(text), sizes));
        assert.match(out, /^[^\d]*1,22,333.*\[secret N\].*\n\n$/s, `${secret} in ${text}`);
        assert.ok(out.length < text.length / 2 + 60, out);
      },
    ),
    { numRuns: 400 },
  );
});

test('numbers that are no value pass as they are, however many and however they are cut', () => {
  const byte = fc.constantFrom(115, 107, 45, 48, 49, 50);
  const separator = fc.constantFrom(',', ', ', ' ', ':', '\n', '",\n "', '\\n', '","1":');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(byte, separator), { maxLength: 200 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }),
      (parts, sizes) => {
        const text = Buffer.from(parts.map(([number, between]) => `${number}${between}`).join(''));
        assert.equal(scrubbed('sk-012-sk-345', cut(text, sizes)), text.toString());
      },
    ),
  );
});
