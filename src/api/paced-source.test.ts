import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../base/wait.ts';
import { PacedSource } from './paced-source.ts';

interface Stage {
  readonly source: PacedSource<string>;
  readonly closing: AbortController;
  asked(): number;
  ended(): boolean;
  wakes(): number;
}

function stage({ count, text }: { readonly count: number; readonly text: string }): Stage {
  let [asked, ended, wakes] = [0, false, 0];
  const closing = new AbortController();
  const source = new PacedSource<string>({
    signal: closing.signal,
    wake: () => wakes++,
    async *items() {
      try {
        for (; asked < count; asked++) yield text;
      } finally {
        ended = true;
      }
    },
    charactersOf: ({ length }) => length,
    tell: (items) => String(items.length),
    tellEnd: (error) => `ended ${String(error)}`,
    position: () => 'here',
  });
  return { source, closing, asked: () => asked, ended: () => ended, wakes: () => wakes };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
/** Asks again as often as it is woken, as a stream does. */
const next = ({ source }: Stage) =>
  waitUntil(() => source.next(), { timeoutMs: 10_000, intervalMs: 1 });

test('a reader that asks for nothing makes it read no more than one message', async () => {
  for (const [text, most] of [
    ['x', 500],
    ['x'.repeat(16 * 1024), 4],
    ['x'.repeat(10_000_000), 1],
  ] as const) {
    const the = stage({ count: 10_000, text });
    for (let i = 0; i < 50; i++) await settle();
    // One more is in the hand of whoever waits for room.
    assert.equal(the.asked(), most);
    assert.equal(await next(the), String(most));
    await waitUntil(() => the.asked() >= 2 * most, { timeoutMs: 10_000 });
    the.closing.abort();
    assert.ok(await waitUntil(() => the.ended(), { timeoutMs: 10_000 }));
    assert.ok(the.asked() <= 2 * most + 1);
    assert.equal(the.source.next(), undefined);
  }
});

test('everything is told once, in pieces, and then its end', async () => {
  const the = stage({ count: 1_234, text: 'x' });
  let told = 0;
  let end: string | undefined;
  while (end === undefined) {
    const message = await next(the);
    assert.ok(message);
    if (message.startsWith('ended')) end = message;
    else told += Number(message);
  }
  assert.deepEqual([told, end], [1_234, 'ended undefined']);
  assert.ok(the.wakes() > 0);
  assert.equal(the.source.next(), undefined);
  assert.equal(the.source.position, 'here');
});

test('one that was over before it began reads nothing', async () => {
  const source = new PacedSource<string>({
    signal: AbortSignal.abort(),
    wake: () => undefined,
    items: () => assert.fail('it is asked'),
    charactersOf: () => 1,
    tell: () => undefined,
    tellEnd: () => undefined,
    position: () => undefined,
  });
  await settle();
  assert.equal(source.next(), undefined);
});
