import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UsageEventFilter } from './usage-event-filter.ts';

const USAGE = '{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}';

function filter(chunks: readonly Buffer[]): string {
  const filtering = new UsageEventFilter();
  const out = chunks.flatMap((chunk) => filtering.push(Buffer.from(chunk)) ?? []);
  return Buffer.concat([...out, filtering.end() ?? Buffer.alloc(0)]).toString();
}

const bytewise = (text: string) => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

const CASES: readonly (readonly [what: string, sent: string, seen: string])[] = [
  [
    'the event of usage goes, and nulls elsewhere',
    `data: {"id":"1","choices":[{}],"usage":null}\n\ndata: {"id":"1","choices":[],"usage":${USAGE}}\n\ndata: [DONE]\n\n`,
    'data: {"id":"1","choices":[{}]}\n\ndata: [DONE]\n\n',
  ],
  [
    'CRLF',
    `data: {"choices":[{}],"usage":null}\r\n\r\ndata: {"choices":[],"usage":${USAGE}}\r\n\r\ndata: [DONE]\r\n\r\n`,
    'data: {"choices":[{}]}\r\n\r\ndata: [DONE]\r\n\r\n',
  ],
  [
    'a null that comes first, or with spaces',
    'data: {"usage": null, "choices": [{}]}\n\ndata: {"choices": [{}], "usage" : null }\n\n',
    'data: {"choices": [{}]}\n\ndata: {"choices": [{}]}\n\n',
  ],
  [
    'usage in the last event with content stays: it came by itself',
    `data: {"choices":[{}],"usage":${USAGE}}\n\n`,
    `data: {"choices":[{}],"usage":${USAGE}}\n\n`,
  ],
  [
    'an event without choices that tells no usage stays, as the content filter of Azure sends',
    'data: {"choices":[],"prompt_filter_results":[]}\n\n',
    'data: {"choices":[],"prompt_filter_results":[]}\n\n',
  ],
  [
    'the word inside of content stays',
    'data: {"choices":[{"delta":{"content":"\\"usage\\":null"}}]}\n\n',
    'data: {"choices":[{"delta":{"content":"\\"usage\\":null"}}]}\n\n',
  ],
  [
    'an event of usage whose blank line never came',
    `data: {"choices":[{}]}\n\ndata: {"choices":[],"usage":${USAGE}}`,
    'data: {"choices":[{}]}\n\n',
  ],
  [
    'what is cut off comes as it is',
    'data: {"choices":[{}],"usage":nu',
    'data: {"choices":[{}],"usage":nu',
  ],
  [
    'comments and errors stay',
    ': ping\n\ndata: {"error":{}}\n\n',
    ': ping\n\ndata: {"error":{}}\n\n',
  ],
];

for (const [what, sent, seen] of CASES)
  test(`chat stream: ${what}`, () => {
    assert.equal(filter([Buffer.from(sent)]), seen);
    assert.equal(filter(bytewise(sent)), seen, 'byte by byte');
  });

test('whole events pass as the same buffer, at once', () => {
  const bytes = Buffer.from('data: {"choices":[{}]}\n\n: hi\n\n');
  assert.equal(new UsageEventFilter().push(bytes), bytes);
});

test('holds a bounded part of an event that never ends', () => {
  const filtering = new UsageEventFilter();
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let seen = 0;
  for (let i = 0; i < 100; i++) seen += filtering.push(chunk)?.length ?? 0;
  assert.ok(100 * chunk.length - seen <= 256 * 1024);
  seen += filtering.push(Buffer.from('\n\n'))?.length ?? 0;
  assert.equal(seen + (filtering.end()?.length ?? 0), 100 * chunk.length + 2);
});

test('streams without usage come out byte for byte, wherever they are cut', () => {
  const piece = fc.constantFrom(
    'data',
    ':',
    ' ',
    '\n',
    '\r',
    '\n\n',
    '{"choices":[]}',
    '"usag',
    '\\',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, size) => {
        const text = parts.join('');
        const chunks = (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((part) =>
          Buffer.from(part),
        );
        assert.equal(filter(chunks), text);
      },
    ),
    { numRuns: 2000 },
  );
});
