import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeteredRequest } from '../../contracts/egress.ts';
import { providerRefusal } from './provider-refusal.ts';

const REFUSAL = {
  code: 'budget_exhausted',
  message: 'The budget of agent a for this day, 5 USD, is used up.',
  retryAfterSeconds: 61.2,
  details: { budget: 'bud_1' },
} as const;

const bodyFor = (request: MeteredRequest | undefined) =>
  JSON.parse(providerRefusal(request, REFUSAL).body.toString());

test('a refusal is a 429 that SDKs do not try again', () => {
  const answer = providerRefusal({ provider: 'openai', operation: 'chat' }, REFUSAL);
  assert.equal(answer.status, 429);
  assert.deepEqual(answer.headers, {
    'content-type': 'application/json',
    'content-length': String(answer.body.length),
    'retry-after': '62',
    'x-should-retry': 'false',
  });
});

test('without a time there is no Retry-After', () => {
  const { retryAfterSeconds: _, ...never } = REFUSAL;
  assert.equal('retry-after' in providerRefusal(undefined, never).headers, false);
});

test('each provider says it in its own form', () => {
  const { code, message, details } = REFUSAL;
  assert.deepEqual(bodyFor({ provider: 'groq', operation: 'chat' }), {
    error: { message, type: 'insufficient_quota', code, param: null, details },
  });
  assert.deepEqual(bodyFor({ provider: 'gateway.example.com', operation: 'messages' }), {
    type: 'error',
    error: { type: 'rate_limit_error', message, code, details },
  });
  assert.deepEqual(bodyFor({ provider: 'mcp.example.com', operation: 'mcp' }), {
    jsonrpc: '2.0',
    id: null,
    error: { code: -32000, message, data: { code, details } },
  });
  assert.deepEqual(bodyFor(undefined), { error: { code, message, details } });
});
