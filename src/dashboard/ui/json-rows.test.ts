import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringText } from './json-reader.ts';
import {
  firstOpened,
  isContainer,
  type JsonRow,
  jsonDocument,
  jsonRows,
  MAX_ROWS,
  parentOf,
} from './json-rows.ts';

function open(text: string) {
  const doc = jsonDocument(text);
  assert.ok(doc !== undefined, 'it is JSON');
  return doc;
}
/** `depth key value` of each line. */
function lines(text: string): string[] {
  const doc = open(text);
  return jsonRows(doc, firstOpened(doc)).map((row) => lineText(text, row));
}
function lineText(text: string, row: JsonRow): string {
  if (row.type !== 'value') return `${row.depth} ${row.type}`;
  const name = row.key === undefined ? row.index : text.slice(row.key.start, row.key.end);
  const { kind, start, end } = row.value;
  return `${row.depth} ${name ?? ''} ${isContainer(row.value) ? kind : text.slice(start, end)}`;
}

test('members, items and values, as they are written', () => {
  assert.deepEqual(lines('{"a": [1, "x\\"]", null], "b":{ } , "c":-1.50e+99}'), [
    ...['0  object', '1 "a" array', '2 0 1', '2 1 "x\\"]"', '2 2 null'],
    ...['1 "b" object', '1 "c" -1.50e+99'],
  ]);
});

test('a number keeps its digits', () => {
  const text = '[12345678901234567890123, 0.1000000000000000000001, 1e999]';
  assert.deepEqual(lines(text).slice(1), [
    '1 0 12345678901234567890123',
    '1 1 0.1000000000000000000001',
    '1 2 1e999',
  ]);
});

test('the same key twice is shown twice, __proto__ is a key', () => {
  assert.deepEqual(lines('{"a":1,"a":2,"__proto__":3}').slice(1), [
    ...['1 "a" 1', '1 "a" 2', '1 "__proto__" 3'],
  ]);
});

test('of any JSON every value is a line', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.integer({ min: 0, max: 2 }), (compact, space) => {
      const text = JSON.stringify(JSON.parse(compact), undefined, space);
      const doc = open(text);
      const everything = new Map(Array.from(text, (_, at) => [at, 1_000]));
      const rows = jsonRows(doc, everything);
      let count = 0;
      JSON.parse(text, (_key, value) => {
        count++;
        return value;
      });
      assert.equal(rows.length, count);
      assert.ok(rows.every(({ type }) => type === 'value'));
    }),
  );
});

test('what is none is said to be none', () => {
  for (const text of ['', '   ', 'hello', '{"a":1} x', '<html>', '"a" "b"', '-', '}', 'nul'])
    assert.equal(jsonDocument(text), undefined, text);
});

test('JSON that was cut is shown up to its end', () => {
  assert.deepEqual(
    lines('{"a":{"b":[1,2'),
    [
      ...['0  object', '1 "a" object', '2 "b" array', '3 0 1', '3 1 2', '3 broken'],
      ...['2 broken', '1 broken'],
    ].filter((line, at, all) => all.indexOf(line) === at),
  );
});

test('what is malformed within is said where it is', () => {
  const doc = open('{"a":1, oops, "b":2}');
  const rows = jsonRows(doc, firstOpened(doc));
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['value', 'value', 'broken'],
  );
  const broken = rows[2];
  assert.equal(broken?.type === 'broken' && doc.text.slice(broken.at, broken.at + 4), 'oops');
});

test('ten thousand levels and any text take no stack', () => {
  for (const [before, after] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const text = before.repeat(10_000) + 1 + after.repeat(10_000);
    const doc = open(text);
    const everything = new Map(Array.from(text, (_, at) => [at, 1]));
    const rows = jsonRows(doc, everything);
    assert.equal(rows.length, MAX_ROWS + 1);
    assert.equal(rows.at(-1)?.type, 'full');
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 1ae'), maxLength: 60 }), (text) => {
      const doc = jsonDocument(text);
      if (doc !== undefined) jsonRows(doc, new Map(Array.from(text, (_, at) => [at, 100])));
    }),
    { numRuns: 2_000 },
  );
});

test('of many members a page is read, and the next one from where it ended', () => {
  const text = `{"many":[${'1234567,'.repeat(1_000_000)}0],"z":1}`;
  const doc = open(text);
  assert.deepEqual([...firstOpened(doc).keys()], [0]);
  const rows = jsonRows(doc, new Map([[0, 100]]));
  const many = rows[1];
  assert.ok(many?.type === 'value');
  const paged = jsonRows(
    doc,
    new Map([
      [0, 100],
      [many.value.start, 100],
    ]),
  );
  assert.equal(paged.length, 104);
  const more = paged[102];
  assert.ok(more?.type === 'more' && more.shown === 100);
  const twice = jsonRows(
    doc,
    new Map([
      [0, 100],
      [many.value.start, 200],
    ]),
  );
  assert.equal(twice.length, 204);
  assert.equal(new Set(twice.map(({ id }) => id)).size, twice.length);
});

test('what is opened at first is little', () => {
  const wide = JSON.stringify(
    Array.from({ length: 90 }, () => Array.from({ length: 90 }, () => 1)),
  );
  const doc = open(wide);
  assert.ok(jsonRows(doc, firstOpened(doc)).length < 200);
});

test('strings are read with their escapes, and cut between characters', () => {
  const read = (text: string, max: number) => stringText(text, { start: 0, end: text.length }, max);
  assert.deepEqual(read('"a\\u202eb\\n"', 50), { text: 'a\u202eb\n', left: 0 });
  assert.deepEqual(read('"ab\\u202ecd"', 5), { text: 'ab', left: 8 });
  assert.deepEqual(read('"bad \\x"', 50), { text: 'bad \\x', left: 0 });
  assert.deepEqual(read('"cut \\u20', 50).text, 'cut ');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const { text: shown } = read(JSON.stringify(text), max);
      assert.ok(text.startsWith(shown));
    }),
  );
});

test('the line above that something is in', () => {
  const doc = open('{"a":{"b":1},"c":2}');
  const rows = jsonRows(doc, firstOpened(doc));
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => parentOf(rows, at)),
    [0, 0, 1, 0],
  );
});
