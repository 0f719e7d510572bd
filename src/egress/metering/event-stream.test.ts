import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventStreamReader } from './event-stream.ts';

/** Data of the events, as a browser would give it: those without data are none. */
function read(chunks: readonly Buffer[]): readonly string[] {
  const events: string[] = [];
  let data: Buffer[] | undefined;
  const reader = new EventStreamReader({
    data(bytes) {
      data ??= [];
      data.push(Buffer.from(bytes));
    },
    event() {
      if (data !== undefined) events.push(Buffer.concat(data).toString());
      data = undefined;
    },
  });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return events;
}

const bytewise = (text: string) => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

const CASES: readonly (readonly [what: string, text: string, events: readonly string[]])[] = [
  ['one event', 'data: a\n\n', ['a']],
  ['only one space goes', 'data:  a\n\ndata:b\n\n', [' a', 'b']],
  ['several lines', 'data: a\ndata: b\ndata:\ndata: c\n\n', ['a\nb\n\nc']],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
  ['all line ends in one stream', 'data: a\r\n\ndata: b\r\rdata: c\n\r\n', ['a', 'b', 'c']],
  ['comments and other fields', ': hi\nevent: x\nid: 1\ndata: a\nretry: 5\n\n:\n\n', ['a']],
  ['names that only begin with data', 'datax: 1\ndat: 2\ndata: a\n\n', ['a']],
  ['data without a colon is an empty line', 'data: a\ndata\ndata: b\n\n', ['a\n\nb']],
  ['a byte order mark', '\uFEFFdata: a\n\n', ['a']],
  ['characters of several bytes', 'data: é😀\n\n', ['é😀']],
  ['no blank line at the end', 'data: a\n\ndata: b', ['a', 'b']],
  ['nothing', '', []],
];

for (const [what, text, events] of CASES)
  test(`event stream: ${what}`, () => {
    assert.deepEqual(read([Buffer.from(text)]), events);
    assert.deepEqual(read(bytewise(text)), events, 'byte by byte');
  });

test('the end of each event is where its blank line ends', () => {
  const ends: number[] = [];
  const reader = new EventStreamReader({ event: (end) => ends.push(end) });
  reader.push(Buffer.from('data: a\r\n\r\ndata: b\n\nda'));
  assert.deepEqual(ends, [11, 20]);
});

test('any bytes, cut anywhere, give the same events', () => {
  const text = fc
    .array(fc.constantFrom('data', ':', ' ', '\n', '\r', '\r\n', 'a', '\uFEFF', 'é', 'event'), {
      maxLength: 40,
    })
    .map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(text, (bytes) => {
      const pieces = [...bytes].map((byte) => Buffer.from([byte]));
      assert.deepEqual(read(pieces), read([bytes]));
    }),
    { numRuns: 2000 },
  );
});
