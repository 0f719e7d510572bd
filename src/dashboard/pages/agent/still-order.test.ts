import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stillOrder } from './still-order.ts';

const items = (ids: string) => [...ids].map((id) => ({ id }));
const still = (now: string, before: string) =>
  stillOrder(items(now), [...before])
    .map(({ id }) => id)
    .join('');

test('what was there keeps its place, what is new follows, what is gone leaves no gap', () => {
  assert.equal(still('cab', 'abc'), 'abc');
  assert.equal(still('zcya', 'abc'), 'aczy');
  assert.equal(still('ba', ''), 'ba');
});
