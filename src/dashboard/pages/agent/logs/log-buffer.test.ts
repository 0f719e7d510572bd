import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogRecordResource } from '../../../../contracts/resources.ts';
import { type FilteredLog, filterLog, type LogFilter } from './filter-log.ts';
import { LogBuffer, plainText, wholeText } from './log-buffer.ts';

const LIMITS = { lines: 10, characters: 1_000, charactersOfALine: 100 };

function record(given: Partial<LogRecordResource>): LogRecordResource {
  return {
    machine: 'm1',
    replica: 0,
    revision: 1,
    seq: 1,
    time: '2026-01-31T12:00:00Z',
    stream: 'stdout',
    text: 'x',
    partial: false,
    ...given,
  };
}
const texts = (buffer: LogBuffer) => buffer.lines.map(wholeText);

test('parts of a long line are one line, also when another stream speaks between them', () => {
  const buffer = new LogBuffer(LIMITS);
  buffer.append([
    record({ seq: 1, text: 'be', partial: true }),
    record({ seq: 2, text: 'other', stream: 'stderr' }),
  ]);
  assert.equal(buffer.settledBefore, 0);
  buffer.append([record({ seq: 3, text: 'gin' }), record({ seq: 4, text: 'next' })]);
  assert.deepEqual(texts(buffer), ['begin', 'other', 'next']);
  assert.equal(buffer.settledBefore, 3);
});

test('what is sent again after a lost connection is not there twice', () => {
  const buffer = new LogBuffer(LIMITS);
  buffer.append([record({ seq: 1, text: 'a' }), record({ seq: 2, text: 'b' })]);
  buffer.append([record({ seq: 2, text: 'b' }), record({ seq: 3, text: 'c' })]);
  buffer.append([record({ machine: 'm2', seq: 1, text: 'd' })]);
  assert.deepEqual(texts(buffer), ['a', 'b', 'c', 'd']);
});

test('the oldest lines are dropped, and how many is known', () => {
  const buffer = new LogBuffer(LIMITS);
  for (let seq = 1; seq <= 25; seq++) buffer.append([record({ seq, text: `${seq}` })]);
  assert.equal(buffer.lines.length + buffer.dropped, 25);
  assert.ok(buffer.lines.length <= 10 && buffer.lines.length >= 9);
  assert.equal(texts(buffer).at(-1), '25');
});

test('a line is kept up to its limit, and says what is lost', () => {
  const buffer = new LogBuffer(LIMITS);
  buffer.append([
    record({ seq: 1, text: 'y'.repeat(80), partial: true }),
    record({ seq: 2, text: 'z'.repeat(80), partial: true }),
    record({ seq: 3, text: 'z'.repeat(80) }),
  ]);
  const [line] = buffer.lines;
  assert.equal(line?.characters, 100);
  assert.equal(line?.lost, 140);
});

test('few long lines are dropped by their characters', () => {
  const buffer = new LogBuffer(LIMITS);
  const lines = Array.from({ length: 9 }, (_, i) =>
    [1, 2].map((part) => record({ seq: i * 2 + part, text: 'y'.repeat(60), partial: part === 1 })),
  );
  for (const parts of [
    ...lines,
    ...lines.map((parts) => parts.map((one) => ({ ...one, machine: 'm2' }))),
  ])
    buffer.append(parts);
  const kept = buffer.lines.reduce((sum, line) => sum + line.characters, 0);
  assert.ok(kept <= LIMITS.characters);
  assert.equal(buffer.lines.length + buffer.dropped, 18);
});

test('search reads what is seen, not how it is coloured', () => {
  const buffer = new LogBuffer(LIMITS);
  buffer.append([record({ text: 'a \u001b[31mred\u001b[0m word' })]);
  assert.equal(buffer.lines[0] && plainText(buffer.lines[0]), 'a red word');
});

const someRecords = fc.array(
  fc.record({
    machine: fc.constantFrom('m1', 'm2'),
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    text: fc.constantFrom('error', 'fine', 'err', 'or', ''),
    partial: fc.boolean(),
  }),
  { maxLength: 40 },
);

test('filtering piece by piece finds what filtering at once finds', () => {
  const filter: LogFilter = {
    stream: undefined,
    replica: undefined,
    find: 'error',
    onlyMatches: true,
  };
  fc.assert(
    fc.property(someRecords, fc.boolean(), (given, onlyMatches) => {
      const buffer = new LogBuffer(LIMITS);
      const asked = { ...filter, onlyMatches };
      let seen: FilteredLog | undefined;
      for (const [seq, one] of given.entries()) {
        buffer.append([record({ ...one, seq })]);
        if (seq % 3 === 0) seen = filterLog(buffer, asked, seen);
      }
      assert.deepEqual(filterLog(buffer, asked, seen), filterLog(buffer, asked));
    }),
    { numRuns: 500 },
  );
});
