import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonRecord } from './json-record.ts';
import { JsonScanner } from './json-scanner.ts';

const WANTED = ['usage', 'model', 'response.usage', 'a"b', 'é'];

function scan(chunks: readonly Buffer[], keepBytes = 64 * 1024): readonly JsonRecord[] {
  const records: JsonRecord[] = [];
  const scanner = new JsonScanner({
    wanted: new Set(WANTED),
    keepBytes,
    onRecord: (record) => records.push(record),
  });
  for (const chunk of chunks) scanner.push(chunk);
  scanner.end();
  return records;
}

function cut(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

const sizes = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 60 });

test('finds the same members as JSON.parse, wherever the bytes are cut', () => {
  const member = fc.oneof(
    fc.constantFrom(...WANTED, 'response', 'other', '\\', 'us\u0061ge'),
    fc.string({ maxLength: 6 }),
  );
  const document = fc.dictionary(
    member,
    fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(member, fc.jsonValue({ maxDepth: 2 }))),
    { maxKeys: 6, noNullPrototype: true },
  );
  fc.assert(
    fc.property(document, sizes, fc.constantFrom(0, 2), (value, cuts, indent) => {
      const [record] = scan(cut(Buffer.from(JSON.stringify(value, null, indent)), cuts));
      const parsed = JSON.parse(JSON.stringify(value));
      assert.equal(record?.complete, true);
      for (const path of WANTED) {
        const [first = '', second] = path.split('.');
        const holder = second === undefined ? parsed : parsed[first];
        const isObject = typeof holder === 'object' && holder !== null && !Array.isArray(holder);
        const key = second ?? first;
        const expected = isObject && Object.hasOwn(holder, key) ? holder[key] : undefined;
        assert.deepEqual(record.value(path), expected, path);
      }
    }),
    { numRuns: 500 },
  );
});

test('takes the last of several members of one name, and keeps only some', () => {
  const text = `{${'"model":1,'.repeat(1000)}"model":2}`;
  const [record] = scan([Buffer.from(text)]);
  assert.equal(record?.value('model'), 2);
  assert.equal(record?.all('model').length, 8);
});

test('reads escaped names, and none inside of strings, arrays or deeper objects', () => {
  const [record] = scan([
    Buffer.from(
      String.raw`{"x":"\"usage\":1","y":[{"usage":2}],"z":{"q":{"usage":3}},"us\u0061ge":4,"a\"b":5}`,
    ),
  ]);
  assert.equal(record?.value('usage'), 4);
  assert.equal(record?.value('a"b'), 5);
  assert.equal(record?.all('usage').length, 1);
});

test('says where a member lies, so that it can be replaced', () => {
  const bytes = Buffer.from('  {"x":"é","usage" : null ,"model":1}');
  const [record] = scan(cut(bytes, [3, 5, 9]));
  const member = record?.all('usage')[0];
  assert.equal(record?.start, 2);
  assert.equal(bytes.subarray(member?.keyStart, member?.end).toString(), '"usage" : null ');
  assert.equal(bytes.subarray(member?.start, member?.end).toString(), ' null ');
});

test('reads every object of a root array', () => {
  const records = scan([
    Buffer.from('[{"model":1},[{"model":9}],7,{"model":2,"usage":{"a":[1]}}]'),
  ]);
  assert.deepEqual(
    records.map((record) => record.value('model')),
    [1, 2],
  );
  assert.deepEqual(records[1]?.value('usage'), { a: [1] });
});

test('a value that is too long is there, but not kept', () => {
  const [record] = scan([Buffer.from(`{"usage":"${'x'.repeat(5000)}","model":"m"}`)], 1000);
  assert.equal(record?.has('usage'), true);
  assert.equal(record?.value('usage'), undefined);
  assert.equal(record?.value('model'), 'm');
});

test('what was cut off is reported as far as it came', () => {
  const [record] = scan([Buffer.from('{"model":"m","usage":{"a":1')]);
  assert.equal(record?.complete, false);
  assert.equal(record?.value('model'), 'm');
  assert.equal(record?.has('usage'), false);
});

test('gives up on what no honest record has', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join(',');
  const [record] = scan([Buffer.from(`{"model":"m",${many},"usage":1}`)]);
  assert.equal(record?.complete, false);
  assert.equal(record?.value('model'), 'm');
  assert.equal(record?.has('usage'), false);
  const limited: JsonRecord[] = [];
  const scanner = new JsonScanner({
    ...{ wanted: new Set(WANTED), keepBytes: 100, maxSteps: 1000 },
    onRecord: (found) => limited.push(found),
  });
  scanner.push(Buffer.from(`{"model":"m","x":[${'1,'.repeat(2000)}1],"usage":1}`));
  scanner.end();
  assert.deepEqual([limited[0]?.has('model'), limited[0]?.has('usage')], [true, false]);
});

test('never throws, and ends, on any bytes in any pieces', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'usage', '1', ' '), {
        maxLength: 200,
      })
      .map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(hostile, sizes, (bytes, cuts) => {
      const whole = scan([Buffer.from(bytes)]).map((record) => record.value('usage'));
      const pieces = scan(cut(Buffer.from(bytes), cuts)).map((record) => record.value('usage'));
      assert.deepEqual(pieces, whole);
    }),
    { numRuns: 2000 },
  );
});
