import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBurstLimiter, OTHER_KEYS } from './burst-limiter.ts';

function stage(options: { maxKeys?: number } = {}) {
  let nowMs = 1_000;
  const told: [string, number][] = [];
  const limiter = createBurstLimiter({
    perWindow: 2,
    windowMs: 60_000,
    maxKeys: options.maxKeys ?? 10,
    clock: { nowMs: () => nowMs },
    onHeldBack: (key, count) => told.push([key, count]),
  });
  return {
    limiter,
    told,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('lets the first of a key through, and counts the rest, for each key by itself', () => {
  const { limiter, told } = stage();
  const passed = ['a', 'a', 'a', 'b', 'a'].map((key) => limiter.take(key));
  assert.deepEqual(passed, [true, true, false, true, false]);
  assert.deepEqual(told, []);
  limiter.close();
  assert.deepEqual(told, [['a', 2]]);
});

test('the next window begins anew, after it has told of the one before', () => {
  const { limiter, told, pass } = stage();
  for (let i = 0; i < 5; i++) limiter.take('a');
  pass(60_000);
  assert.equal(limiter.take('a'), true);
  assert.deepEqual(told, [['a', 3]]);
  limiter.close();
  assert.deepEqual(told, [['a', 3]]);
});

test('keeps no more keys than it may', () => {
  const { limiter, told } = stage({ maxKeys: 3 });
  const passed = Array.from({ length: 1_000 }, (_, i) => limiter.take(`key ${i}`));
  assert.equal(passed.filter(Boolean).length, 3 + 2);
  limiter.close();
  assert.deepEqual(told, [[OTHER_KEYS, 995]]);
});
