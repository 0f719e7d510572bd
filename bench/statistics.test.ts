import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile } from './statistics.ts';

test('percentiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 1), 100);
  assert.equal(percentile([7], 0.5), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test('the median of an even count lies between the middle two, of an odd count is the middle', () => {
  assert.equal(median([3, 1]), 2);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4]), 4);
});
