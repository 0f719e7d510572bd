/** Secrets through the API: what is taken, refused and told, and that no value is found anywhere. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';

async function openStage(t: TestContext): Promise<ApiStage> {
  const stage = await openApiStage();
  t.after(() => stage.close());
  return stage;
}

const VALUE = 'sk-planted-4f1d9a0c7b';

/** Events of a kind, oldest first, as soon as there are so many that ended. */
async function eventsOf(stage: ApiStage, kind: string, count: number) {
  const found = await waitUntil(
    async () => {
      const { items } = await stage.client.events({ kind });
      const ended = items.filter(({ status }) => status !== 'open');
      return ended.length >= count && ended.reverse();
    },
    { timeoutMs: 10_000 },
  );
  assert.ok(found, `${count} events of the kind ${kind}`);
  return found as EventResource[];
}

test('a secret is made, rotated, changed, listed and deleted, and its value never comes back', async (t) => {
  const { client, call } = await openStage(t);
  const made = await call('POST', '/v1/secrets', {
    body: { name: 'API_KEY', value: VALUE, hosts: ['api.example.com'] },
  });
  assert.equal(made.status, 201);
  assert.deepEqual(
    { ...made.json, createdAt: '', updatedAt: '' },
    {
      ...{ name: 'API_KEY', agent: null, version: 1, mode: 'placeholder' },
      hosts: ['api.example.com'],
      headers: ['authorization', 'x-api-key', 'api-key'],
      ...{ allowHttp: false, createdAt: '', updatedAt: '', updatedBy: 'root' },
      ...{ lastUsedAt: null, usedBy: [] },
    },
  );
  const rotated = await call('POST', '/v1/secrets/API_KEY/rotate', {
    body: { value: `${VALUE}-2` },
  });
  assert.deepEqual([rotated.status, rotated.json.version], [200, 2]);
  const changed = await client.changeSecretUse('API_KEY', {
    headers: ['X-Own'],
    allowHttp: true,
  });
  assert.deepEqual(
    [changed.headers, changed.allowHttp, changed.hosts, changed.version],
    [['x-own'], true, ['api.example.com'], 2],
  );
  const listed = await call('GET', '/v1/secrets');
  const versions = await call('GET', '/v1/secrets/API_KEY/versions');
  assert.deepEqual(
    versions.json.items.map((one: { version: number; state: string }) => [one.version, one.state]),
    [
      [2, 'current'],
      [1, 'ended'],
    ],
  );
  for (const { text } of [made, rotated, listed, versions]) assert.ok(!text.includes(VALUE));
  const gone = await call('DELETE', '/v1/secrets/API_KEY');
  assert.deepEqual([gone.status, gone.text], [204, '']);
  assert.deepEqual((await client.secrets()).items, []);
  const again = await client.createSecret({ name: 'API_KEY', value: VALUE });
  assert.equal(again.version, 3, 'a number never stands for two values');
});

test('one of an agent and one of the workspace are two secrets', async (t) => {
  const { client } = await openStage(t);
  await client.createSecret({ name: 'API_KEY', value: 'of-all' });
  await client.createSecret({ name: 'API_KEY', value: 'of-desk' }, { agent: 'desk' });
  await client.rotateSecret('API_KEY', { value: 'of-desk-2' }, { agent: 'desk' });
  const seen = (await client.secrets()).items.map(({ agent, version }) => [agent, version]);
  assert.deepEqual(seen, [
    [null, 1],
    ['desk', 2],
  ]);
  assert.equal((await client.secrets({ agent: 'other' })).items.length, 1);
  await client.deleteSecret('API_KEY', { agent: 'desk' });
  assert.deepEqual(
    (await client.secrets()).items.map(({ agent }) => agent),
    [null],
  );
});

test('what is wrong is refused with a reason that does not hold the value', async (t) => {
  const { call } = await openStage(t);
  await call('POST', '/v1/secrets', { body: { name: 'TAKEN', value: VALUE } });
  const cases: [string, string | object, number, string, RegExp][] = [
    ['', { name: 'TAKEN', value: VALUE }, 409, 'secret_exists', /TAKEN already/],
    ['', { name: 'lower', value: VALUE }, 400, 'request_invalid', /capital letters/],
    ['', { name: 'A', value: '' }, 400, 'secret_value_invalid', /is empty/],
    ['', { name: 'A' }, 400, 'request_invalid', /value/],
    ['', { name: 'A', value: 7 }, 400, 'request_invalid', /value/],
    ['', { name: 'A', value: `${VALUE}\0` }, 400, 'secret_value_invalid', /NUL/],
    ['', { name: 'A', value: `${VALUE}\n` }, 400, 'secret_value_invalid', /line break/],
    ['', { name: 'A', value: `${VALUE} ` }, 400, 'secret_value_invalid', /space/],
    ['', { name: 'A', value: `${VALUE}é` }, 400, 'secret_value_invalid', /ASCII/],
    ['', `{"name":"A","value":"${VALUE}\\ud800"}`, 400, 'secret_value_invalid', /UTF-8/],
    ['', { name: 'A', value: VALUE.repeat(4_000) }, 400, 'secret_value_invalid', /65536/],
    ['', { name: 'A', value: VALUE, hosts: ['10.0.0.1'] }, 400, 'request_invalid', /hosts/],
    ['', { name: 'A', value: VALUE, headers: ['a b'] }, 400, 'request_invalid', /headers/],
    ['', { name: 'A', value: VALUE, mode: 'env' }, 400, 'request_invalid', /mode/],
    ['', `{"name":"A","value":"${VALUE}`, 400, 'body_malformed', /line 1/],
    ['?agent=No', { name: 'A', value: VALUE }, 400, 'request_invalid', /agent/],
    ['/GONE/rotate', { value: VALUE }, 404, 'secret_not_found', /GONE/],
    ['/TAKEN/rotate?agent=desk', { value: VALUE }, 404, 'secret_not_found', /of the agent desk/],
    ['/TAKEN/rotate', { value: `${VALUE}\r` }, 400, 'secret_value_invalid', /line break/],
  ];
  for (const [path, body, status, code, detail] of cases) {
    const answer = await call('POST', `/v1/secrets${path}`, { body });
    assert.deepEqual([answer.status, answer.json.code], [status, code], answer.text);
    assert.match(answer.json.detail, detail);
    assert.ok(!answer.text.includes(VALUE), answer.text);
  }
  const largest = { name: 'LARGEST', value: 'x'.repeat(65_536) };
  assert.equal((await call('POST', '/v1/secrets', { body: largest })).status, 201);
  const lines = { name: 'LINES', value: 'a\nb\n', mode: 'inject' };
  assert.equal((await call('POST', '/v1/secrets', { body: lines })).status, 201);
  const use = await call('POST', '/v1/secrets/LINES/use', { body: { mode: 'placeholder' } });
  assert.deepEqual([use.status, use.json.code], [400, 'secret_value_invalid']);
});

test('scopes: names can be read, changes need deploy, a new root key admin', async (t) => {
  const { client, call } = await openStage(t);
  const tokenOf = async (scope: 'read' | 'deploy' | 'invoke') =>
    (await client.createToken({ name: scope, scopes: [scope] })).value;
  const [read, deploy, invoke] = [
    await tokenOf('read'),
    await tokenOf('deploy'),
    await tokenOf('invoke'),
  ];
  const body = { name: 'API_KEY', value: VALUE };
  const status = async (method: string, path: string, token: string, body?: object) =>
    (await call(method, path, { token, ...(body && { body }) })).status;
  assert.equal(await status('POST', '/v1/secrets', read, body), 403);
  assert.equal(await status('POST', '/v1/secrets', deploy, body), 201);
  assert.equal(await status('GET', '/v1/secrets', read), 200);
  assert.equal(await status('GET', '/v1/secrets', invoke), 403);
  assert.equal(await status('POST', '/v1/secrets/rekey', deploy), 403);
  assert.equal(await status('DELETE', '/v1/secrets/API_KEY', read), 403);
});

test('a secret that an active revision names is deleted by force only', async (t) => {
  const stage = await openStage(t);
  const { client, call } = stage;
  await client.createSecret({ name: 'API_KEY', value: VALUE });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how references are written.
  await stage.deploy('desk', { env: { KEY: 'Bearer ${SECRET_API_KEY}' } });
  assert.deepEqual((await client.secrets()).items[0]?.usedBy, ['desk']);
  const refused = await call('DELETE', '/v1/secrets/API_KEY');
  assert.deepEqual([refused.status, refused.json.code], [409, 'secret_in_use']);
  assert.deepEqual(refused.json.details.agents, ['desk']);
  // Of the agent's own the workspace's takes the place.
  await client.createSecret({ name: 'API_KEY', value: 'own' }, { agent: 'desk' });
  assert.deepEqual(
    (await client.secrets()).items.map(({ agent, usedBy }) => [agent, usedBy]),
    [
      [null, []],
      ['desk', ['desk']],
    ],
  );
  await client.deleteSecret('API_KEY', { agent: 'desk' });
  await client.deleteSecret('API_KEY', { force: true });
  assert.deepEqual((await client.secrets()).items, []);
});

test('every change is an event with name and version, refused ones too', async (t) => {
  const stage = await openStage(t);
  const { client, call } = stage;
  await client.createSecret({ name: 'API_KEY', value: VALUE }, { agent: 'desk' });
  await client.rotateSecret('API_KEY', { value: `${VALUE}-2` }, { agent: 'desk' });
  await call('POST', '/v1/secrets/GONE/rotate', { body: { value: VALUE } });
  await client.deleteSecret('API_KEY', { agent: 'desk' });
  const { before, after } = await client.rekeySecrets();
  assert.match(before, /^[0-9a-f]{16}$/);
  assert.notEqual(before, after);
  const [set] = await eventsOf(stage, 'secret.set', 1);
  assert.deepEqual([set?.status, set?.agent, set?.attributes?.secret], ['ok', 'desk', 'API_KEY']);
  const [rotated, refused] = await eventsOf(stage, 'secret.rotated', 2);
  assert.deepEqual(
    [rotated?.attributes?.before, rotated?.attributes?.after].map(
      (one) => (one as { version: number }).version,
    ),
    [1, 2],
  );
  assert.deepEqual(
    [refused?.status, refused?.error?.code, refused?.attributes?.secret],
    ['refused', 'secret_not_found', 'GONE'],
  );
  await eventsOf(stage, 'secret.deleted', 1);
  const [rekeyed] = await eventsOf(stage, 'secret.rekeyed', 1);
  assert.deepEqual(rekeyed?.attributes?.after, { rootKeyId: after });
});

test('a value is in no file of swarmd: not in its database, its audit log, nor as a hash of the body', async (t) => {
  const stage = await openStage(t);
  const { client, call, home } = stage;
  const headers = { 'idempotency-key': 'a-key-of-the-caller' };
  const body = { name: 'API_KEY', value: VALUE };
  assert.equal((await call('POST', '/v1/secrets', { body, headers })).status, 201);
  // Not the first answer again: nothing of the request was kept.
  assert.equal((await call('POST', '/v1/secrets', { body, headers })).status, 409);
  await call('POST', '/v1/secrets/API_KEY/rotate', { body: { value: `${VALUE}-2` }, headers });
  await call('POST', '/v1/secrets', { body: { ...body, name: 'BAD', value: `${VALUE}\n` } });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how references are written.
  await stage.deploy('desk', { env: { KEY: '${SECRET_API_KEY}' } });
  await client.rekeySecrets();
  await eventsOf(stage, 'secret.rekeyed', 1);
  const claimed = await stage.store.idempotency.claim(
    { workspaceId: 'default', principalId: 'root', key: 'a-key-of-the-caller' },
    { requestHash: 'another', nowMs: Date.now(), expiresAtMs: Date.now() + 1_000 },
  );
  assert.equal(claimed.type, 'claimed', 'the key was not kept');
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile());
  assert.ok(files.some((path) => path.endsWith('swarm.db')) && files.length > 5);
  const encodings = (['utf8', 'base64', 'hex', 'utf16le'] as const).map((encoding) =>
    encoding === 'utf16le' ? Buffer.from(VALUE, encoding) : Buffer.from(VALUE).toString(encoding),
  );
  for (const path of files)
    for (const text of encodings)
      assert.ok(!readFileSync(path).includes(text), `${path} has the value`);
});
