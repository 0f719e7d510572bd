/** Signing in to the dashboard, and what a session can and cannot do, against swarmd's own server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiStage, openApiStage } from './api-stage.ts';

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
});
after(() => stage.close());

test('a code is good once', async () => {
  const made = await stage.call('POST', '/v1/sign-in-codes');
  assert.equal(made.status, 201, made.text);
  const { code, path } = made.json;
  assert.equal(path, `/dashboard/#code=${code}`);
  const first = await stage.call('POST', '/v1/sessions', { token: null, body: { code } });
  assert.equal(first.status, 201, first.text);
});
