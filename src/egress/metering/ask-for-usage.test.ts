import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { meterCall } from './metering.ts';

const HEADERS = { 'content-type': 'application/json' };

function rewritten(body: string, at: { host?: string; path?: string } = {}): string | undefined {
  const metered = meterCall({
    host: at.host ?? 'api.openai.com',
    path: at.path ?? '/v1/chat/completions',
    ...{ port: 443, scheme: 'https', method: 'POST', headers: HEADERS },
    body: Buffer.from(body),
  });
  assert.equal(metered?.identityOnly, metered?.body === undefined ? undefined : true);
  return metered?.body?.toString();
}

const ASKED = '"stream_options":{"include_usage":true}';

test('a chat stream is asked for its usage; every other byte stays', () => {
  assert.equal(
    rewritten('{ "seed": 12345678901234567890,"stream":true ,"x":1.0}'),
    `{${ASKED}, "seed": 12345678901234567890,"stream":true ,"x":1.0}`,
  );
  assert.equal(
    rewritten('\uFEFF \n{"stream":true,"messages":["}"]}'),
    `\uFEFF \n{${ASKED},"stream":true,"messages":["}"]}`,
  );
  assert.equal(
    rewritten('{"prompt":"x","stream":true}', { path: '/v1/completions' }),
    `{${ASKED},"prompt":"x","stream":true}`,
  );
});

test('options of the caller stay', () => {
  assert.equal(
    rewritten('{"stream":true,"stream_options":{"include_obfuscation":false},"n":1}'),
    '{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true},"n":1}',
  );
  assert.equal(
    rewritten('{"stream_options":{"include_usage":false},"stream":true}'),
    '{"stream_options":{"include_usage":true},"stream":true}',
  );
  assert.equal(rewritten('{"stream":true,"stream_options":null}'), `{"stream":true,${ASKED}}`);
});

test('nothing is changed where there is nothing to ask', () => {
  for (const body of [
    '{"model":"m"}',
    '{"stream":false}',
    '{"stream":"true"}',
    '{"stream":true,"stream":false}',
    '{"stream":true,"stream_options":{"include_usage":true}}',
    '{"stream":true,"stream_options":7}',
    '{"stream":true',
    '[{"stream":true}',
    '"stream":true}',
    '',
  ])
    assert.equal(rewritten(body), undefined, body);
  for (const path of ['/v1/responses', '/v1/embeddings'])
    assert.equal(rewritten('{"stream":true}', { path }), undefined, path);
});

test('nor where the server would refuse it', () => {
  assert.equal(rewritten('{"stream":true}', { host: 'api.mistral.ai' }), undefined);
  const azure = (version: string) =>
    rewritten('{"stream":true}', {
      host: 'x.openai.azure.com',
      path: `/openai/deployments/d/chat/completions?api-version=${version}`,
    });
  assert.equal(azure('2024-02-01'), undefined);
  assert.equal(azure('2024-10-21'), `{${ASKED},"stream":true}`);
});

test('a compressed request stays compressed', () => {
  const metered = meterCall({
    ...{ host: 'models.internal', port: 80, scheme: 'http', method: 'POST' },
    path: '/v1/chat/completions',
    headers: { ...HEADERS, 'content-encoding': 'gzip' },
    body: gzipSync('{"model":"m","stream":true}'),
  });
  assert.equal(metered?.request.model, 'm');
  assert.equal(
    gunzipSync(metered?.body ?? Buffer.alloc(0)).toString(),
    `{${ASKED},"model":"m","stream":true}`,
  );
});
