import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { literalPattern, markSegments, matchRanges } from './match-ranges.ts';

test('a match that goes over two segments is marked in both', () => {
  const segments = [
    { text: 'one er', style: {} },
    { text: 'ror two', style: { bold: true as const } },
  ];
  const ranges = matchRanges('one error two', literalPattern('ERROR'));
  assert.deepEqual(ranges, [[4, 9]]);
  assert.deepEqual(
    markSegments(segments, ranges).map(({ text, found }) => [text, found]),
    [
      ['one ', false],
      ['er', true],
      ['ror', true],
      [' two', false],
    ],
  );
});

test('what is searched for is a text, not an expression', () => {
  assert.deepEqual(matchRanges('a.c abc', literalPattern('a.c')), [[0, 3]]);
  assert.deepEqual(matchRanges('(((', literalPattern('(')).length, 3);
  assert.deepEqual(matchRanges('abc', literalPattern('')), []);
});

test('marking changes no text, and marks what was found', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '[', '.'), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), text, (texts, needle) => {
      const segments = texts.map((one) => ({ text: one, style: {} }));
      const whole = texts.join('');
      const ranges = matchRanges(whole, literalPattern(needle));
      const marked = markSegments(segments, ranges);
      assert.equal(marked.map((one) => one.text).join(''), whole);
      const found = marked.filter((one) => one.found).map((one) => one.text);
      assert.equal(found.join(''), ranges.map(([from, to]) => whole.slice(from, to)).join(''));
    }),
  );
});
