import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextVerificationAtMs } from './next-verification.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const none = { lastAtMs: undefined, unfinishedAtMs: undefined };
const start = { startedAtMs: 0, nowMs: 0, everyMs: 24 * HOUR_MS };

test('ten minutes after a start when none has happened, else a day after the last', () => {
  assert.equal(nextVerificationAtMs({ ...start, ...none }), 10 * MINUTE_MS);
  const now = { ...start, nowMs: 5 * HOUR_MS };
  assert.equal(
    nextVerificationAtMs({ ...now, lastAtMs: 2 * HOUR_MS, unfinishedAtMs: undefined }),
    26 * HOUR_MS,
  );
  const longAgo = { lastAtMs: -100 * HOUR_MS, unfinishedAtMs: undefined };
  assert.equal(nextVerificationAtMs({ ...start, ...longAgo }), 10 * MINUTE_MS);
});

test('an attempt without a verdict is made again after an hour', () => {
  const past = { lastAtMs: 2 * HOUR_MS, unfinishedAtMs: 4 * HOUR_MS };
  assert.equal(nextVerificationAtMs({ ...start, nowMs: 5 * HOUR_MS, ...past }), 5 * HOUR_MS);
});

test('never by itself when it is off', () => {
  assert.equal(nextVerificationAtMs({ ...start, everyMs: null, ...none }), null);
});

test('never longer off than the time between two, whatever the clock was', () => {
  const time = fc.integer({ min: -1e12, max: 1e12 });
  fc.assert(
    fc.property(
      time,
      fc.option(time, { nil: undefined }),
      fc.option(time, { nil: undefined }),
      (nowMs, lastAtMs, unfinishedAtMs) => {
        const past = { lastAtMs, unfinishedAtMs };
        const atMs = nextVerificationAtMs({ ...start, nowMs, ...past }) ?? Number.NaN;
        assert.ok(atMs >= 10 * MINUTE_MS);
        assert.ok(atMs <= Math.max(10 * MINUTE_MS, nowMs + 24 * HOUR_MS));
      },
    ),
  );
});
