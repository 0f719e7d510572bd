import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { IngestTurns } from './ingest-turns.ts';

const MIB = 1024 * 1024;

/** Work that ends when the test says so. */
function held(turns: IngestTurns, bytes: number) {
  const end = Promise.withResolvers<void>();
  const one = { begun: false, end, done: Promise.resolve() };
  one.done = turns.take(bytes, async () => {
    one.begun = true;
    await end.promise;
  });
  one.done.catch(() => undefined);
  return one;
}

test('two at a time, in the order in which they came, also after one that failed', async () => {
  const turns = new IngestTurns();
  const all = Array.from({ length: 5 }, () => held(turns, 1));
  const begun = () => all.map((one) => one.begun);
  await tick();
  assert.deepEqual(begun(), [true, true, false, false, false]);
  all[1]?.end.reject(new Error('the disk is full'));
  await assert.rejects(all[1]?.done ?? Promise.resolve(), /the disk is full/);
  all[0]?.end.resolve();
  await all[0]?.done;
  await tick();
  assert.deepEqual(begun(), [true, true, true, true, false]);
  for (const { end } of all) end.resolve();
  await Promise.allSettled(all.map(({ done }) => done));
  assert.deepEqual(begun(), Array(5).fill(true));
  const later = held(turns, 1);
  later.end.resolve();
  await later.done;
});

test('what waits is bounded, and what is refused takes no turn', async () => {
  const turns = new IngestTurns();
  const running = Array.from({ length: 2 }, () => held(turns, 200 * MIB));
  const waiting = Array.from({ length: 8 }, () => held(turns, 16 * MIB));
  await assert.rejects(held(turns, 1).done, { code: 'audit_unavailable', status: 503 });
  for (const { end } of [...running, ...waiting]) end.resolve();
  await Promise.all([...running, ...waiting].map(({ done }) => done));
  const again = held(turns, 16 * MIB);
  again.end.resolve();
  await again.done;
});
