import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64Bytes, hexHead, payloadKind } from './payload-kind.ts';
import { streamEvents } from './stream-events.ts';

test('a body is read as what it is', () => {
  const kind = (body: string, contentType?: string) =>
    payloadKind({ body, encoding: 'utf8', ...(contentType !== undefined && { contentType }) });
  assert.equal(kind(''), 'empty');
  assert.equal(kind('{"a":1}'), 'json');
  assert.equal(kind('{"a":1', 'application/json'), 'json');
  assert.equal(kind('[DONE]'), 'text');
  assert.equal(kind('{hello'), 'text');
  assert.equal(kind('data: x\n\n', 'text/event-stream; charset=utf-8'), 'events');
  assert.equal(kind('<b>x</b>', 'text/html'), 'text');
  assert.equal(kind('5'), 'json');
  assert.equal(payloadKind({ body: 'AAEC', encoding: 'base64' }), 'binary');
});

test('bytes are shown in hexadecimal, the first of them', () => {
  const body = Buffer.from('Hello\u0000<script>…', 'utf8').toString('base64');
  assert.match(hexHead(body), /^00000000 {2}48 65 6c 6c 6f 00 3c .* {2}Hello\.<script>\.\.\n/s);
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
