import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createBootSlots } from './boot-slots.ts';

it('lets no more boot than there are slots, and gives each slot on', async () => {
  const slots = createBootSlots(2);
  const { signal } = new AbortController();
  let under = 0;
  let most = 0;
  const boot = async () => {
    const release = await slots.take(signal);
    most = Math.max(most, ++under);
    await turn();
    under--;
    release();
    release(); // A second time does nothing.
  };
  await Promise.all(Array.from({ length: 20 }, boot));
  assert.equal(most, 2);
  const again = [await slots.take(signal), await slots.take(signal)];
  assert.equal(again.length, 2);
});

it('does not lose a slot to one that stopped waiting', async () => {
  const slots = createBootSlots(1);
  const release = await slots.take(new AbortController().signal);
  const gone = new AbortController();
  const waiting = slots.take(gone.signal);
  const next = slots.take(new AbortController().signal);
  gone.abort(new Error('not wanted'));
  await assert.rejects(waiting, /not wanted/);
  release();
  (await next)();
});
