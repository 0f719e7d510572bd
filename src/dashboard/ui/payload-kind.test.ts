import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64Bytes, hexHead, readPayload } from './payload-kind.ts';
import { streamEvents } from './stream-events.ts';
import { streamText } from './stream-text.ts';

test('a body is read as what it is', () => {
  const kind = (body: string, contentType?: string) =>
    readPayload({ body, encoding: 'utf8', ...(contentType !== undefined && { contentType }) }).kind;
  assert.equal(kind(''), 'empty');
  assert.equal(kind('{"a":1}'), 'json');
  assert.equal(kind('{"a":1', 'application/json'), 'json');
  assert.equal(kind('[DONE]'), 'text');
  assert.equal(kind('{hello'), 'text');
  assert.equal(kind('data: x\n\n', 'text/event-stream; charset=utf-8'), 'events');
  assert.equal(kind('<b>x</b>', 'text/html'), 'text');
  assert.equal(kind('5'), 'json');
  assert.equal(readPayload({ body: 'AAEC', encoding: 'base64' }).kind, 'binary');
});

test('bytes are shown in hexadecimal, the first of them', () => {
  const body = Buffer.from('Hello\u0000<script>…', 'utf8').toString('base64');
  assert.match(hexHead(body), /^00000000 {2}48 65 6c 6c 6f 00 3c 73 {2}Hello\.<s\n00000008 /);
  assert.equal(hexHead(Buffer.alloc(10_000).toString('base64')).split('\n').length, 32);
  assert.equal(hexHead('%%%'), '');
  for (const size of [0, 1, 2, 3, 4, 100])
    assert.equal(base64Bytes(Buffer.alloc(size).toString('base64')), size);
});

test('a stream is its events, whatever its line ends are', () => {
  const body = 'event: a\r\ndata: 1\r\ndata:2\r\n\r\n: ping\r\rid: 7\rdata: x\n\ndata: [DONE]';
  assert.deepEqual(streamEvents(body, 10), {
    events: [
      { number: 1, name: 'a', id: undefined, data: '1\n2' },
      { number: 2, name: undefined, id: '7', data: 'x' },
      { number: 3, name: undefined, id: undefined, data: '[DONE]' },
    ],
    more: false,
  });
  assert.equal(streamEvents(body, 2).more, true);
  assert.deepEqual(streamEvents('', 10), { events: [], more: false });
  assert.equal(streamEvents('data: x\n\n'.repeat(100_000), 100).events.length, 100);
});

test('the pieces of a streamed answer are put together, and nothing else', () => {
  const say = (...data: readonly string[]) =>
    streamText(streamEvents(data.map((one) => `data: ${one}\n\n`).join(''), 100).events);
  assert.equal(
    say(
      '{"choices":[{"delta":{"role":"assistant"}}]}',
      '{"choices":[{"delta":{"content":"Hel"}}]}',
      '{"choices":[{"delta":{"content":"lo"}}]}',
      '{"choices":[]}',
      '[DONE]',
    ),
    'Hello',
  );
  assert.equal(
    say(
      '{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi "}}',
      '{"type":"response.output_text.delta","delta":"there"}',
    ),
    'Hi there',
  );
  assert.equal(
    say('{"a":1}', 'x', '{', '{"__proto__":{"delta":"x"}}', `{"delta":"${'x'.repeat(100_000)}"}`),
    '',
  );
});
