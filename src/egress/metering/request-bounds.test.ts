import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeteredRequest } from '../../contracts/egress.ts';
import { meterCall } from './metering.ts';

function requestOf(body: unknown, path = '/v1/chat/completions'): MeteredRequest | undefined {
  return meterCall({
    ...{ host: 'api.openai.com', port: 443, scheme: 'https', method: 'POST', path },
    headers: {},
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  })?.request;
}

const MESSAGES = [{ role: 'user', content: 'Say "image_url": now' }];

test('input is at most one token for each byte of the body', () => {
  const body = { model: 'm', messages: MESSAGES };
  assert.equal(requestOf(body)?.mostInputTokens, JSON.stringify(body).length);
});

test('tools add what providers say about them', () => {
  const body = { model: 'm', messages: MESSAGES, tools: [{ type: 'function' }] };
  assert.equal(requestOf(body)?.mostInputTokens, JSON.stringify(body).length + 4096);
});

test('there is no bound where more is read than the body says', () => {
  const part = (content: unknown) => ({
    model: 'm',
    messages: [{ role: 'user', content: [content] }],
  });
  for (const body of [
    part({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }),
    part({ type: 'input_audio', input_audio: { data: '' } }),
    part({ type: 'image', source: { type: 'url', url: 'x' } }),
    part({ type: 'document', source: { type: 'file', file_id: 'f' } }),
    { model: 'm', messages: MESSAGES, web_search_options: {} },
    { model: 'm', messages: MESSAGES, tools: [{ type: 'web_search_20250305' }] },
  ])
    assert.equal(requestOf(body)?.mostInputTokens, undefined, JSON.stringify(body));
  for (const body of [
    { model: 'm', input: 'x', previous_response_id: 'resp_1' },
    { model: 'm', input: 'x', conversation: 'conv_1' },
    { model: 'm', prompt: { id: 'pmpt_1' } },
    { model: 'm', input: 'x', tools: [{ type: 'mcp', server_label: 'x' }] },
    { model: 'm', input: [{ type: 'input_file', file_id: 'x' }] },
  ])
    assert.equal(
      requestOf(body, '/v1/responses')?.mostInputTokens,
      undefined,
      JSON.stringify(body),
    );
});

test('members that are null say nothing', () => {
  const body = { model: 'm', input: 'x', previous_response_id: null, conversation: null };
  assert.equal(requestOf(body, '/v1/responses')?.mostInputTokens, JSON.stringify(body).length);
});

test('output is at most what the request allows, for each answer that it asks for', () => {
  const output = (body: Record<string, unknown> | string, path?: string) =>
    requestOf(typeof body === 'string' ? body : { messages: MESSAGES, ...body }, path)
      ?.mostOutputTokens;
  assert.equal(output({}), undefined);
  assert.equal(output({ max_tokens: 100 }), 100);
  assert.equal(output({ max_tokens: 100, max_completion_tokens: 300, n: 4 }), 1200);
  assert.equal(output({ max_tokens: null, n: 4 }), undefined);
  assert.equal(output({ max_tokens: -1 }), undefined);
  assert.equal(output({ max_tokens: 1e300 }), undefined);
  assert.equal(output({ max_tokens: 5, n: 0 }), 5);
  assert.equal(output('{"max_tokens":1,"max_tokens":1000}'), 1000);
  assert.equal(output({ prompt: 'x', max_tokens: 10, best_of: 3 }, '/v1/completions'), 30);
  assert.equal(output({ input: 'x', max_output_tokens: 50 }, '/v1/responses'), 50);
  assert.equal(output({ input: 'x' }, '/v1/embeddings'), 0);
});

test('Gemini says its bounds inside its configuration', () => {
  const path = '/v1beta/models/gemini-x:generateContent';
  const ask = (more: object) =>
    requestOf({ contents: [{ parts: [{ text: 'x' }] }], ...more }, path);
  const config = { maxOutputTokens: 50, candidateCount: 3 };
  assert.equal(ask({ generationConfig: config })?.mostOutputTokens, 150);
  assert.equal(ask({ generation_config: { max_output_tokens: 7 } })?.mostOutputTokens, 7);
  assert.equal(ask({})?.mostOutputTokens, undefined);
  assert.equal(ask({})?.model, 'gemini-x');
  assert.ok(ask({})?.mostInputTokens);
  for (const more of [
    { contents: [{ parts: [{ inlineData: { data: 'x' } }] }] },
    { contents: [{ parts: [{ file_data: { file_uri: 'x' } }] }] },
    { cachedContent: 'cachedContents/x' },
    { tools: [{ googleSearch: {} }] },
  ])
    assert.equal(ask(more)?.mostInputTokens, undefined, JSON.stringify(more));
});
