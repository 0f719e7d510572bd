import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalPath, modelEndpoint } from './model-endpoints.ts';
import { providerName } from './providers.ts';

const post = (host: string, path: string) => modelEndpoint({ host, path, method: 'POST' });

const CALLS: readonly (readonly [host: string, path: string, protocol: string | undefined])[] = [
  ['api.openai.com', '/v1/chat/completions', 'chat'],
  ['api.openai.com', '/v1/chat/completions?x=/y', 'chat'],
  ['api.openai.com', '/v1/completions', 'completions'],
  ['api.openai.com', '/v1/responses', 'responses'],
  ['api.openai.com', '/v1/responses/compact', 'responses'],
  ['api.openai.com', '/v1/responses/input_tokens', undefined],
  ['api.openai.com', '/v1/responses/resp_1/cancel', undefined],
  ['api.openai.com', '/v1/embeddings', 'embeddings'],
  ['api.openai.com', '/v1/images/generations', 'other'],
  ['api.openai.com', '/v1/audio/transcriptions', 'other'],
  ['api.openai.com', '/v1/batches', 'other'],
  ['api.openai.com', '/v1/moderations', undefined],
  ['api.openai.com', '/v1/files', undefined],
  ['name.openai.azure.com', '/openai/deployments/gpt/chat/completions?api-version=1', 'chat'],
  ['name.openai.azure.com', '/openai/v1/responses?api-version=preview', 'responses'],
  ['name.openai.azure.com', '/openai/deployments/emb/embeddings?api-version=1', 'embeddings'],
  ['generativelanguage.googleapis.com', '/v1beta/openai/chat/completions', 'chat'],
  ['generativelanguage.googleapis.com', '/v1beta/models/gemini-x:generateContent', 'generate'],
  [
    'generativelanguage.googleapis.com',
    '/v1beta/models/gemini-x:streamGenerateContent?alt=sse',
    'generate',
  ],
  ['generativelanguage.googleapis.com', '/v1beta/models/gemini-x:embedContent', 'other'],
  ['gateway.example.com', '/gemini/v1beta/models/gemini-x:generateContent', 'generate'],
  ['generativelanguage.googleapis.com', '/v1beta/models/gemini-x:countTokens', undefined],
  [
    'europe-west1-aiplatform.googleapis.com',
    '/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:streamRawPredict',
    'messages',
  ],
  [
    'aiplatform.googleapis.com',
    '/v1/publishers/google/models/gemini-x:generateContent',
    'generate',
  ],
  ['bedrock-runtime.us-east-1.amazonaws.com', '/model/a.b-v1%3A0/converse-stream', 'other'],
  ['s3.us-east-1.amazonaws.com', '/model/x/invoke', undefined],
  ['api.anthropic.com', '/v1/messages?beta=true', 'messages'],
  ['api.anthropic.com', '/v1/messages/count_tokens', undefined],
  ['api.anthropic.com', '/v1/messages/batches', 'other'],
  ['gateway.example.com', '/anthropic/v1/messages', 'messages'],
  ['openrouter.ai', '/api/v1/chat/completions', 'chat'],
  ['api.groq.com', '/openai/v1/chat/completions', 'chat'],
  ['models.internal', '/chat/completions', 'chat'],
  ['models.internal', '/v1//chat/./completions/', 'chat'],
  ['models.internal', '/v1/x/../chat%2Fcompletions', 'chat'],
  ['models.internal', '/V1/Chat/Completions', 'chat'],
  ['models.internal', '/v1/embeddings', 'embeddings'],
  ['models.internal', '/v1/batches', undefined],
  ['example.com', '/v1/messages', 'messages'],
  ['example.com', '/api/orders', undefined],
];

for (const [host, path, protocol] of CALLS)
  test(`POST ${host}${path} is ${protocol ?? 'a plain call'}`, () => {
    assert.equal(post(host, path)?.protocol, protocol);
  });

test('where other services may have the same path, the body has to look like such a call', () => {
  assert.equal(post('example.com', '/v1/responses')?.certain, false);
  assert.equal(post('example.com', '/api/embeddings')?.certain, false);
  assert.equal(post('example.com', '/v1/messages')?.certain, false);
  assert.equal(post('example.com', '/v1/models/x:generateContent')?.certain, false);
  assert.equal(post('example.com', '/v1/chat/completions')?.certain, true);
  assert.equal(post('api.openai.com', '/v1/responses')?.certain, true);
});

test('the model of a deployment is in the path', () => {
  const endpoint = post('x.openai.azure.com', '/openai/deployments/My-GPT/chat/completions');
  assert.equal(endpoint?.model, 'My-GPT');
});

test('only POST calls a model', () => {
  const call = { host: 'api.openai.com', path: '/v1/chat/completions' };
  assert.equal(modelEndpoint({ ...call, method: 'GET' }), undefined);
  assert.notEqual(modelEndpoint({ ...call, method: 'post' }), undefined);
});

test('hostile paths neither throw nor leave the root', () => {
  assert.equal(canonicalPath('/../../a'), '/a');
  assert.equal(canonicalPath('%'), '/%');
  assert.equal(canonicalPath('/%E0%A4/%zz/%2e%2e/b'), '/%E0%A4/b');
  assert.equal(canonicalPath(''), '/');
});

test('providers are named after the hosts at which they answer', () => {
  assert.equal(providerName('api.openai.com'), 'openai');
  assert.equal(providerName('eu.api.openai.com'), 'openai');
  assert.equal(providerName('name.openai.azure.com'), 'azure');
  assert.equal(providerName('API.Anthropic.com.'), 'anthropic');
  assert.equal(providerName('api.openai.com.example.com'), 'api.openai.com.example.com');
  assert.equal(providerName('notapi.openai.com'), 'notapi.openai.com');
  assert.equal(providerName(`${'a'.repeat(250)}.com`).length, 100);
});

test('a plain path is read as one with something to change in it', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    'v1',
    'a.b',
    '~x',
    'm:go',
    '-',
    '%2e',
    '%2F',
    '\\',
    '\n',
    ';',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = pieces.join('');
      assert.equal(canonicalPath(path), canonicalPath(`${path}?`));
    }),
    { numRuns: 1_000 },
  );
});
