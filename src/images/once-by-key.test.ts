import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnceByKey } from './once-by-key.ts';

test('callers of one key share the work; other keys do not', async () => {
  const once = new OnceByKey<number>();
  let runs = 0;
  const gate = Promise.withResolvers<void>();
  const work = async () => {
    await gate.promise;
    return ++runs;
  };
  const { signal } = new AbortController();
  const all = [once.do('a', work, signal), once.do('a', work, signal), once.do('b', work, signal)];
  gate.resolve();
  const [first, second, third] = await Promise.all(all);
  assert.equal(first, second);
  assert.notEqual(first, third);
  assert.equal(await once.do('a', work, signal), 3, 'a later caller starts again');
});

test('when the first caller gives up, the next one does the work', async () => {
  const once = new OnceByKey<string>();
  const first = new AbortController();
  const gate = Promise.withResolvers<string>();
  first.signal.addEventListener('abort', () => gate.reject(first.signal.reason));
  const one = once.do('a', () => gate.promise, first.signal);
  const two = once.do('a', async () => 'done', new AbortController().signal);
  first.abort();
  await assert.rejects(one, { name: 'AbortError' });
  assert.equal(await two, 'done');
});

test('a failure is shared; a waiter that gives up does not wait', async () => {
  const once = new OnceByKey<string>();
  const { signal } = new AbortController();
  const gate = Promise.withResolvers<string>();
  const one = once.do('a', () => gate.promise, signal);
  const waiter = new AbortController();
  const two = once.do('a', async () => 'never', waiter.signal);
  const three = once.do('a', async () => 'never', signal);
  waiter.abort();
  await assert.rejects(two, { name: 'AbortError' });
  gate.reject(new Error('broken'));
  await assert.rejects(one, /broken/);
  await assert.rejects(three, /broken/);
});
