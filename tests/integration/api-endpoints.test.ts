/** What holds for every endpoint, by its declaration: a new one is covered when it is declared. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { Endpoint } from '../../src/api/endpoint.ts';
import { endpoints } from '../../src/api/endpoints.ts';
import { type ApiStage, deployBody, openApiStage } from './api-stage.ts';

let stage: ApiStage;
const narrow = new Map<string, string>();
before(async () => {
  stage = await openApiStage();
  for (const scope of ['read', 'deploy', 'invoke'] as const)
    narrow.set(scope, (await stage.client.createToken({ name: scope, scopes: [scope] })).value);
});
after(() => stage.close());

test('only these need no token; the list may only shrink', () => {
  const open = endpoints.filter(({ permission }) => permission === 'none').map(({ path }) => path);
  // Signing in is there because its one-time code is the credential, and was asked for with one.
  assert.deepEqual(open, ['/healthz', '/readyz', '/v1/openapi.json', '/v1/sessions']);
});

test('a call to an agent that is not there is told the nearest name', async () => {
  await stage.deploy('desk');
  const answer = await stage.call('GET', '/agents/dsek/');
  assert.deepEqual([answer.status, answer.json.code], [404, 'agent_not_found']);
  assert.match(answer.json.remedy, /Did you mean "desk"\?/);
  const other = await stage.call('GET', '/agents/quite-another/');
  assert.doesNotMatch(other.json.remedy, /Did you mean/);
});

/** A scope that does not bring the permission. */
const WITHOUT = {
  ...{ admin: 'deploy', deploy: 'read', read: 'invoke', invoke: 'read' },
  ...{ audit: 'invoke', ingest: 'read' },
} as const;

/** A body that is right but for what a test adds. */
function goodBody({ path }: Endpoint): object {
  if (path === '/v1/deployments') return deployBody('unknown');
  if (path.endsWith('/scale')) return { replicas: 1 };
  if (path === '/v1/secrets') return { name: 'API_KEY', value: 'x' };
  if (path.endsWith('/rotate')) return { value: 'x' };
  if (path.endsWith('/egress/rules')) return { rule: 'api.example.com' };
  if (path.endsWith('/egress/mode')) return { mode: 'audit' };
  if (path.endsWith('/egress/check')) return { host: 'api.example.com' };
  if (path === '/v1/sessions') return { code: 'no-such-code' };
  if (path === '/v1/tokens') return { name: 'one', scopes: ['read'] };
  return {};
}

for (const endpoint of endpoints) {
  const { method, permission } = endpoint;
  const path = endpoint.path.replace(/\{\w+\}/, 'no-such');
  const send = (options: Parameters<ApiStage['call']>[2] = {}) =>
    stage.call(method, path, {
      ...(method === 'POST' && typeof endpoint.body === 'object' && { body: goodBody(endpoint) }),
      ...options,
    });

  describe(`${method} ${endpoint.path}`, () => {
    if (permission !== 'none') {
      test('refuses a request without a token', async () => {
        const answer = await send({ token: null });
        assert.equal(answer.status, 401);
        assert.equal(answer.json.code, 'token_missing');
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
      });
      test('refuses a malformed token, and tells it from an unknown one', async () => {
        const swapped = stage.token.slice(0, -1) + (stage.token.endsWith('0') ? '1' : '0');
        const answer = await send({ token: swapped });
        assert.deepEqual([answer.status, answer.json.code], [401, 'token_malformed']);
        const basic = await send({ token: null, headers: { authorization: 'Basic eDp5' } });
        assert.deepEqual([basic.status, basic.json.code], [401, 'token_malformed']);
      });
      test('refuses a token of another scope', async () => {
        const answer = await send({ token: narrow.get(WITHOUT[permission]) ?? '' });
        assert.deepEqual([answer.status, answer.json.code], [403, 'not_permitted']);
        assert.equal(answer.json.details.needed, permission);
      });
    }
    if (endpoint.path.includes('{') && endpoint.webSocket === undefined)
      test('says that what is not there is not found', async () => {
        const query = endpoint.path.endsWith('agents/{name}/wait') ? '?state=running' : '';
        const answer = await stage.call(method, path + query, {
          ...(method === 'POST' && { body: goodBody(endpoint) }),
        });
        assert.equal(answer.status, 404, answer.text);
        assert.match(answer.json.code, /_not_found$|_unknown$/);
      });
    if (endpoint.body instanceof z.ZodType) {
      test('names an unknown key and the nearest known one', async () => {
        const body = { ...goodBody(endpoint), zzzz: 1 };
        const answer = await send({ body });
        assert.deepEqual([answer.status, answer.json.code], [400, 'request_invalid']);
        assert.match(answer.json.detail, /unknown key "zzzz"/);
        const known = Object.keys(goodBody(endpoint))[0];
        if (known === undefined) return;
        const typo = await send({ body: { ...goodBody(endpoint), [`${known}s`]: 1 } });
        const issues: { nearest?: string }[] = typo.json.details.issues;
        assert.ok(issues.some((issue) => issue.nearest === known));
      });
      test('tells malformed, oversized and mistyped bodies apart', async () => {
        const malformed = await send({ body: '{"a": 1,\n "b": }' });
        assert.deepEqual([malformed.status, malformed.json.code], [400, 'body_malformed']);
        assert.match(malformed.json.detail, /line 2, column 7/);
        const large = await send({ body: JSON.stringify({ x: 'x'.repeat(200_000) }) });
        assert.deepEqual([large.status, large.json.code], [413, 'body_too_large']);
        const form = await send({ body: 'a=1', headers: { 'content-type': 'text/plain' } });
        assert.deepEqual([form.status, form.json.code], [415, 'body_type_unsupported']);
      });
    }
    test('refuses an unknown query, another method, another host', async () => {
      if (endpoint.webSocket === undefined) {
        const answer = await stage
          .call(method, `${path}?zzzz=1`, { body: goodBody(endpoint) })
          .catch(() => stage.call(method, `${path}?zzzz=1`));
        assert.equal(answer.status, 400, answer.text);
        assert.match(answer.json.detail, /zzzz/);
      }
      const put = await stage.call('PUT', path);
      assert.deepEqual([put.status, put.json.code], [405, 'method_not_allowed']);
      assert.ok(put.headers.get('allow')?.includes(method));
    });
  });
}
