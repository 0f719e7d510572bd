import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderSuggested } from './order-suggested.ts';

const suggested = (text: string, refused: number) => {
  const rule = { host: text, ports: [443], intercept: true };
  return { text, rule, seen: 9, refused, needsRanges: false };
};

test('what was refused most often comes first, the rest as it came', () => {
  const rules = [suggested('a', 0), suggested('b', 2), suggested('c', 0), suggested('d', 5)];
  assert.deepEqual(
    orderSuggested(rules).map(({ text }) => text),
    ['d', 'b', 'a', 'c'],
  );
});
