import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';

async function* chunks(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function parse(text: string, sizes: readonly number[] = [1_000]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of parseServerSentEvents(chunks(text, sizes))) events.push(event);
  return events;
}

test('reads events as the standard says', async () => {
  assert.deepEqual(await parse('id: 1\ndata: a\ndata: b\n\n: ping\n\nevent: x\ndata:c\n\n'), [
    { id: '1', event: 'message', data: 'a\nb' },
    { id: '1', event: 'x', data: 'c' },
  ]);
  assert.deepEqual(await parse('data: cut off'), []);
  assert.deepEqual(await parse('unknown: x\ndata\n\n'), [{ id: '', event: 'message', data: '' }]);
});

test('reads the same however it is cut, with any line ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      async (sizes, end) => {
        const text = ['id: 7', 'data: ä€𝄞', 'data: z', '', 'data: 2', '', ''].join(end);
        assert.deepEqual(await parse(`${text}: `, sizes), [
          { id: '7', event: 'message', data: 'ä€𝄞\nz' },
          { id: '7', event: 'message', data: '2' },
        ]);
      },
    ),
  );
});

test('an event without an end is refused', async () => {
  await assert.rejects(parse(`data: ${'x'.repeat(5_000_000)}`, [1_000_000]), /a line of more than/);
});
