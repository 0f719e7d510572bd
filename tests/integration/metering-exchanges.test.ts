/** The same exchange, whole and streamed, coded and cut in any way, uses exactly the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { type MeteredCall, meterCall, type TapEnd } from '../../src/egress/metering/metering.ts';
import { messagesAnswer } from './providers/anthropic-answers.ts';
import { type Exchange, exchanges } from './providers/exchanges.ts';
import { chatAnswer, completionsAnswer, responsesAnswer } from './providers/openai-answers.ts';
import { USUAL } from './providers/provider-behaviour.ts';

const CODINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
};

function meter({ request }: Exchange, stream: boolean): MeteredCall {
  const body = stream ? { ...request.body, stream: true } : request.body;
  const metered = meterCall({
    ...{ host: request.host, port: 443, scheme: 'https', method: 'POST', path: request.path },
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  });
  assert.ok(metered);
  return metered;
}

interface Answer {
  readonly bytes: Buffer;
  readonly type: string;
  readonly coding?: string;
  readonly chunkBytes?: number;
}

function pass(metered: MeteredCall, answer: Answer): { seen: Buffer; end: TapEnd } {
  const { bytes, type, coding = 'identity', chunkBytes = bytes.length } = answer;
  metered.tap.head(200, {
    'content-type': type,
    ...(coding !== 'identity' && { 'content-encoding': coding }),
  });
  const seen: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    seen.push(metered.tap.chunk(bytes.subarray(at, at + chunkBytes)) ?? Buffer.alloc(0));
  const end = metered.tap.end();
  return { seen: Buffer.concat([...seen, end.rest ?? Buffer.alloc(0)]), end };
}

const jsonOf = (exchange: Exchange) => Buffer.from(JSON.stringify(exchange.json, null, 2));
const streamOf = (events: readonly string[], lineEnd = '\n') =>
  Buffer.from(`${events.join('\n\n')}\n\n`.replaceAll('\n', lineEnd));

for (const exchange of exchanges) {
  const { name, usage, stream } = exchange;

  for (const [coding, encode] of Object.entries(CODINGS))
    test(`${name}: usage of the whole answer, ${coding}`, () => {
      const bytes = encode(jsonOf(exchange));
      for (const chunkBytes of [bytes.length, 7, 1]) {
        const answer = { bytes, coding, chunkBytes, type: 'application/json' };
        const { seen, end } = pass(meter(exchange, false), answer);
        assert.deepEqual(end.usage, usage);
        assert.deepEqual(seen, bytes);
      }
    });

  if (stream === undefined) continue;

  for (const [coding, encode] of Object.entries(CODINGS))
    test(`${name}: usage of its stream, ${coding}`, () => {
      for (const lineEnd of ['\n', '\r\n', '\r'])
        for (const chunkBytes of [100_000, 13, 1]) {
          const bytes = encode(streamOf(stream, lineEnd));
          const answer = { bytes, coding, chunkBytes, type: 'text/event-stream' };
          const { end } = pass(meter(exchange, true), answer);
          assert.deepEqual(end.usage, usage);
        }
    });

  test(`${name}: a stream that is cut off before its usage is flagged`, () => {
    const told = stream.findIndex((event) =>
      /"((prompt|input|output)_tokens|promptTokenCount)"/.test(event),
    );
    const bytes = streamOf(stream.slice(0, Math.max(0, told)));
    const { end } = pass(meter(exchange, true), { bytes, type: 'text/event-stream' });
    assert.equal(end.usage?.missing, true);
    assert.equal(end.usage.tokens, undefined);
  });
}

test('what the caller sees of a chat stream is what it would have seen without being metered', () => {
  const exchange = exchanges.find(({ name }) => name === 'openai-chat');
  const events = exchange?.stream ?? [];
  assert.ok(exchange);
  const unasked = events
    .filter((event) => !event.includes('"choices":[]'))
    .map((event) => event.replace(',"usage":null', ''));
  const bytes = streamOf(events);
  for (const chunkBytes of [bytes.length, 11, 1]) {
    const { seen } = pass(meter(exchange, true), { bytes, chunkBytes, type: 'text/event-stream' });
    assert.equal(seen.toString(), streamOf(unasked).toString());
  }
});

test('a caller that asked for usage sees it', () => {
  const exchange = exchanges.find(({ name }) => name === 'openai-chat');
  assert.ok(exchange?.stream);
  const asked = { ...exchange.request.body, stream_options: { include_usage: true } };
  const request = { ...exchange.request, body: asked };
  const bytes = streamOf(exchange.stream);
  const { seen, end } = pass(meter({ ...exchange, request }, true), {
    ...{ bytes, chunkBytes: 9, type: 'text/event-stream' },
  });
  assert.deepEqual(seen, bytes);
  assert.deepEqual(end.usage, exchange.usage);
});

const gemini = () => {
  const exchange = exchanges.find(({ name }) => name === 'gemini-generate');
  assert.ok(exchange?.stream);
  return { ...exchange, stream: exchange.stream };
};

test('Gemini’s stream without events is a list that grows, and uses the same', () => {
  const exchange = gemini();
  const records = exchange.stream.map((event) => event.replace(/^data: /, ''));
  const bytes = Buffer.from(`[${records.join('\n,\r\n')}\n]`);
  for (const chunkBytes of [bytes.length, 11, 1]) {
    const { seen, end } = pass(meter(exchange, true), { bytes, chunkBytes, type: '' });
    assert.deepEqual(seen, bytes);
    assert.deepEqual(end.usage, exchange.usage);
  }
});

test('a Gemini stream that is cut off tells what it had used until then, and is flagged', () => {
  const exchange = gemini();
  const bytes = streamOf(exchange.stream.slice(0, 2));
  const { end } = pass(meter(exchange, true), { bytes, type: 'text/event-stream' });
  assert.deepEqual(end.usage, {
    ...{ model: 'gemini-2.5-flash', missing: true },
    tokens: { input: 520, output: 2, cacheRead: 1500, reasoning: 405 },
  });
});

test('an Anthropic stream that is cut off tells what it had used until then, and is flagged', () => {
  const exchange = exchanges.find(({ name }) => name === 'anthropic-messages');
  assert.ok(exchange?.stream);
  const bytes = streamOf(exchange.stream.slice(0, 5));
  const { end } = pass(meter(exchange, true), { bytes, type: 'text/event-stream' });
  assert.deepEqual(end.usage, {
    ...{ model: 'claude-sonnet-4-5-20250929', missing: true },
    tokens: { input: 21, output: 8, cacheRead: 188_086, cacheWrite: 456, cacheWriteLong: 100 },
  });
});

for (const [path, answer] of [
  ['/v1/chat/completions', chatAnswer],
  ['/v1/completions', completionsAnswer],
  ['/v1/responses', responsesAnswer],
  ['/v1/messages', messagesAnswer],
] as const)
  test(`${path}: whatever was used, both forms tell the same, and all of it`, () => {
    const count = fc.integer({ min: 0, max: 2_000_000 });
    const tokens = fc.record({
      ...{ input: count, output: count, cacheRead: count, cacheWrite: count, reasoning: count },
    });
    const content = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        tokens,
        fc.array(content),
        fc.integer({ min: 1, max: 99 }),
        (told, words, size) => {
          const isAnthropic = path === '/v1/messages';
          const cacheWriteLong = isAnthropic ? Math.floor(told.cacheWrite / 3) : 0;
          const used = { ...told, cacheWriteLong };
          const usages = [false, true].map((stream) => {
            const ask = { model: 'm', prompt: 'x', stream };
            const request = { host: 'api.openai.com', path, body: ask };
            const metered = meter({ name: '', about: '', request, json: {}, usage: {} }, stream);
            // The stand-in answers what it is asked in the end.
            const asked = metered.body === undefined ? ask : JSON.parse(metered.body.toString());
            const { json, events } = answer(asked, {
              ...USUAL,
              words: ['', ...words],
              tokens: used,
            });
            const bytes = Buffer.from(events?.join('') ?? JSON.stringify(json));
            return pass(metered, { bytes, chunkBytes: size, type: '' }).end.usage;
          });
          assert.deepEqual(usages[1], usages[0]);
          const { input = 0, output = 0, ...rest } = usages[0]?.tokens ?? {};
          const { cacheRead = 0, cacheWrite = 0, reasoning = 0, cacheWriteLong: long = 0 } = rest;
          assert.deepEqual(
            { input, output, cacheRead, cacheWrite, reasoning, cacheWriteLong: long },
            used,
          );
          assert.equal(usages[0]?.missing, undefined);
        },
      ),
    );
  });
