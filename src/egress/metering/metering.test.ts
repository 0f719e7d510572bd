import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { eventTokens } from '../../contracts/event.ts';
import { type MeteredCall, meterCall, needsBody } from './metering.ts';

const HEAD = { host: 'api.openai.com', port: 443, scheme: 'https', method: 'POST' } as const;

function metered(body: unknown, path = '/v1/chat/completions', host: string = HEAD.host) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return meterCall({ ...HEAD, host, path, headers: {}, body: bytes });
}

function answer(call: MeteredCall | undefined, text: string, status = 200) {
  call?.tap.head(status, {});
  call?.tap.chunk(Buffer.from(text));
  return call?.tap.end().usage;
}

const chat = () => metered({ model: 'm', messages: [], stream: true });
const USAGE = '{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}';

test('a request that cannot be read is metered all the same where its path is enough', () => {
  for (const body of ['', 'not JSON', '[[[', '{"model":', '{"model":7,"max_tokens":"many"}']) {
    const call = metered(body);
    assert.deepEqual([call?.request.provider, call?.request.operation], ['openai', 'chat']);
    assert.equal(call?.request.model, undefined);
  }
  assert.equal(
    meterCall({ ...HEAD, path: '/v1/embeddings', headers: {} })?.request.provider,
    'openai',
  );
  const call = meterCall({
    ...{ ...HEAD, path: '/v1/responses', headers: { 'content-encoding': 'gzip' } },
    body: Buffer.from('not gzip'),
  });
  assert.equal(call?.request.operation, 'responses');
});

test('a request that names two models names none: servers differ in which one they take', () => {
  const call = metered('{"model":"dear","messages":[],"model":"cheap"}');
  assert.equal(call?.request.model, undefined);
  assert.equal(metered('{"model":"one","messages":[]}')?.request.model, 'one');
});

test('at other hosts the body has to look like such a call', () => {
  const host = 'shop.example.com';
  assert.equal(metered({ question: 1 }, '/api/responses', host), undefined);
  assert.equal(metered({ input: 'x', model: 'm' }, '/api/responses', host)?.request.provider, host);
  assert.equal(metered({ messages: [], to: 'x' }, '/v1/messages', host), undefined);
});

test('compressed requests are read', () => {
  const call = meterCall({
    ...{ ...HEAD, path: '/v1/embeddings', headers: { 'content-encoding': 'gzip' } },
    body: gzipSync('{"model":"e","input":"x"}'),
  });
  assert.equal(call?.request.model, 'e');
  assert.equal(call?.body, undefined);
});

test('the bodies of forms and of plain calls are not asked for', () => {
  const head = (path: string, type: string) => ({
    ...HEAD,
    path,
    headers: { 'content-type': type },
  });
  assert.equal(needsBody(head('/v1/chat/completions', 'application/json')), true);
  assert.equal(needsBody(head('/v1/chat/completions', 'text/plain')), true);
  assert.equal(
    needsBody(head('/v1/audio/transcriptions', 'multipart/form-data; boundary=x')),
    false,
  );
  assert.equal(needsBody(head('/v1/files', 'application/json')), false);
});

test('an answer that hides its usage is flagged', () => {
  const flagged = { missing: true };
  assert.deepEqual(answer(chat(), ''), flagged);
  assert.deepEqual(answer(chat(), '{"usage":null}'), flagged);
  assert.deepEqual(answer(chat(), '{"usage":{}}'), flagged);
  assert.deepEqual(answer(chat(), '{"usage":[1]}'), flagged);
  assert.deepEqual(answer(chat(), '{"usage":{"prompt_tokens":-1}}'), flagged);
  assert.deepEqual(
    answer(chat(), '{"usage":{"prompt_tokens":NaN,"completion_tokens":1}}'),
    flagged,
  );
  assert.deepEqual(answer(chat(), `{"usage":{"prompt_tokens":${'9'.repeat(400)}}}`), flagged);
  assert.deepEqual(answer(chat(), `{"usage":{"x":"${'y'.repeat(100_000)}"}}`), flagged);
  assert.deepEqual(answer(chat(), '{"choices":[{"message":{"content":"\\"usage\\":{'), flagged);
  assert.deepEqual(answer(chat(), 'data: {"error":{"message":"overloaded"}}\n\n'), flagged);
  assert.deepEqual(chat()?.tap.end().usage, flagged);
});

test('an error of the provider uses nothing, unless it says so', () => {
  const nothing = { tokens: { input: 0, output: 0 } };
  assert.deepEqual(answer(chat(), '{"error":{"message":"x"}}', 401), nothing);
  assert.deepEqual(answer(chat(), '', 503), nothing);
  assert.deepEqual(answer(chat(), `{"error":{},"usage":${USAGE}}`, 400)?.tokens, {
    input: 5,
    output: 7,
  });
});

test('a server that counts in every event has to reach its end', () => {
  const event = (finish: string | null) =>
    `data: {"choices":[{"delta":{},"finish_reason":${JSON.stringify(finish)}}],"usage":${USAGE}}\n\n`;
  const tokens = { input: 5, output: 7 };
  assert.deepEqual(answer(chat(), event(null)), { tokens, missing: true });
  assert.deepEqual(answer(chat(), event('stop')), { tokens });
  assert.deepEqual(answer(chat(), `${event(null)}data: [DONE]\n\n`), { tokens });
  assert.deepEqual(answer(chat(), 'data: [DONE]\n\n'), { missing: true });
});

test('the length of an answer does not matter, only that of its usage', () => {
  const call = metered({ model: 'e', input: 'x' }, '/v1/embeddings');
  call?.tap.head(200, { 'content-type': 'application/json' });
  call?.tap.chunk(Buffer.from('{"data":[{"embedding":['));
  const numbers = Buffer.from('0.0023064255,'.repeat(50_000));
  for (let i = 0; i < 20; i++) assert.equal(call?.tap.chunk(numbers), numbers);
  call?.tap.chunk(Buffer.from('1]}],"model":"e-1","usage":{"prompt_tokens":8,"total_tokens":8}}'));
  assert.deepEqual(call?.tap.end().usage, { model: 'e-1', tokens: { input: 8, output: 0 } });
});

test('names of models are printable and bounded', () => {
  const usage = answer(chat(), JSON.stringify({ model: `a\n${'b'.repeat(900)}`, usage: {} }));
  assert.equal(usage?.model, `a${'b'.repeat(199)}`);
});

test('whatever bytes a guest and an upstream send, nothing throws and all of it can be logged', () => {
  const words = fc.constantFrom(
    ...['{', '}', '[', ']', '"', '\\', ':', ',', '\n', '\r\n', '\n\n', 'data: ', '[DONE]', 'null'],
    ...['"usage"', '"model"', '"choices"', '"stream"', 'true', '"messages"', '"stream_options"'],
    ...[
      '"prompt_tokens"',
      '"input_tokens"',
      '"response"',
      '"message"',
      '1',
      '-1',
      '1e999',
      '\uFEFF',
    ],
    ...['"jsonrpc":"2.0"', '"method":"tools/call"', '"id"', '"params"', '"name"', '"result"'],
  );
  const bytes = fc.oneof(
    fc.array(words, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  );
  const paths = fc.constantFrom(
    ...['/v1/chat/completions', '/v1/responses', '/v1/messages', '/v1/embeddings', '/mcp', '/%'],
  );
  const hosts = fc.constantFrom('api.openai.com', 'api.anthropic.com', 'x.example.com', '');
  const codings = fc.constantFrom(
    undefined,
    'gzip',
    'br',
    'zstd',
    'deflate',
    'nonsense',
    'gzip,br',
  );
  const chunks = fc.array(bytes, { maxLength: 6 });
  fc.assert(
    fc.property(hosts, paths, codings, bytes, chunks, (host, path, coding, body, answers) => {
      const headers = {
        ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
        ...(coding !== undefined && { 'content-encoding': coding }),
      };
      const call = meterCall({ ...HEAD, host, path, headers, body });
      if (call === undefined) return;
      call.tap.head(200, headers);
      const seen = answers.flatMap((chunk) => call.tap.chunk(chunk) ?? []);
      const { usage, rest } = call.tap.end();
      if (usage?.tokens !== undefined) eventTokens.parse(usage.tokens);
      const length = (parts: readonly Buffer[]) => Buffer.concat(parts).length;
      const total = length([...seen, rest ?? Buffer.alloc(0)]);
      if (call.identityOnly === undefined) assert.equal(total, length(answers));
      else assert.ok(total <= length(answers));
    }),
    { numRuns: 3000 },
  );
});
