/** Uploads, tokens, hosts, idempotency: what requests may and may not do. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { SwarmError } from '../../src/base/errors.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { createClient } from '../../src/contracts/client.ts';
import { type ApiStage, deployBody, openApiStage } from './api-stage.ts';

let stage: ApiStage;
const clock = { offsetMs: 0, nowMs: () => Date.now() + clock.offsetMs };
before(async () => {
  stage = await openApiStage({ parts: { clock } });
});
after(() => stage.close());

/** Sends bytes as they are, and gives what came back until the other side ends. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(stage.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(text);
  });
}

test('an upload is stored whole, with a known length or without', async () => {
  const upload = await stage.client.upload(Readable.from([Buffer.from('abc'), Buffer.from('def')]));
  assert.equal(upload.bytes, 6);
  assert.equal(stage.images.uploads.get(upload.id)?.toString(), 'abcdef');
  const known = await stage.client.upload(Readable.from([Buffer.from('abc')]), { bytes: 3 });
  assert.equal(known.bytes, 3);
});

test('an upload over the limit is refused before it is sent', async () => {
  const body = Readable.from([Buffer.alloc(600_000), Buffer.alloc(600_000)]);
  await assert.rejects(stage.client.upload(body, { bytes: 1_200_000 }), {
    code: 'body_too_large',
    status: 413,
  });
});

test('an upload that breaks off leaves nothing', async () => {
  const before = stage.images.uploads.size;
  const head = `POST /v1/uploads HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${stage.token}\r\ncontent-length: 100\r\n\r\n`;
  await raw(`${head}only this`);
  assert.equal(stage.images.uploads.size, before);
});

test('a request for a foreign host is refused, one for a loopback name is not', async () => {
  const get = (host: string) =>
    raw(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example:80',
    '[::1',
  ])
    assert.match(await get(host), /^HTTP\/1.1 421 .*host_not_allowed/s, host);
  for (const host of ['localhost', 'LOCALHOST:1234', '127.0.0.1:7700', '[::1]:7700', '127.1.2.3'])
    assert.match(await get(host), /^HTTP\/1.1 200 /, host);
});

test('no answer may be cached, sniffed or framed, and none is for other origins', async () => {
  const { headers } = await stage.call('GET', '/v1/system', { headers: { origin: 'http://evil' } });
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('access-control-allow-origin'), null);
  assert.equal(headers.get('x-powered-by'), null);
});

test('an unknown path names the nearest one', async () => {
  const near = await stage.call('GET', '/v1/agent/desk/logs');
  assert.deepEqual([near.status, near.json.code], [404, 'path_unknown']);
  assert.match(near.json.detail, /did you mean \/v1\/agents\/\{name\}\/logs\?/);
  const odd = await stage.call('GET', '/v1/agents/%zz');
  assert.deepEqual([odd.status, odd.json.code], [404, 'path_unknown']);
});

test('a token made by another one works within its scopes until it is deleted or expires', async () => {
  const made = await stage.client.createToken({
    name: 'ci',
    scopes: ['deploy'],
    expiresAt: new Date(clock.nowMs() + 60_000).toISOString(),
  });
  const ci = createClient({ url: stage.url, token: made.value });
  assert.deepEqual((await ci.agents()).items, []);
  await assert.rejects(ci.tokens(), { code: 'not_permitted' });
  const shown = (await stage.client.tokens()).items.find(({ id }) => id === made.id);
  assert.equal(shown?.name, 'ci');
  assert.ok(!JSON.stringify(shown).includes(made.value));
  clock.offsetMs = 61_000;
  await assert.rejects(ci.agents(), { code: 'token_expired' });
  clock.offsetMs = 0;
  await stage.client.deleteToken(made.id);
  await assert.rejects(ci.agents(), { code: 'token_unknown' });
  await assert.rejects(stage.client.deleteToken(made.id), { code: 'token_not_found' });
});

test('no token is stored in clear', async () => {
  const { value } = await stage.client.createToken({ name: 'x', scopes: ['read'] });
  const rows = JSON.stringify(await stage.store.tokens.list('default'));
  assert.ok(!rows.includes(value) && !rows.includes(value.slice(-36)));
});

test('a repeat with the same key gets the first answer and is not carried out', async () => {
  await stage.deploy('repeat');
  const headers = { 'idempotency-key': 'key-1' };
  const first = await stage.call('POST', '/v1/agents/repeat/restart', { body: {}, headers });
  const again = await stage.call('POST', '/v1/agents/repeat/restart', { body: {}, headers });
  assert.equal(first.status, 202);
  assert.deepEqual(again.json, first.json);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  const other = await stage.call('POST', '/v1/agents/repeat/scale', {
    body: { replicas: 2 },
    headers,
  });
  assert.deepEqual([other.status, other.json.code], [422, 'idempotency_key_reused']);
  const { items } = await stage.client.deployments({ agent: 'repeat' });
  assert.equal(items.filter(({ kind }) => kind === 'restart').length, 1);
});

test('of many at once with one key, one is carried out', async () => {
  const headers = { 'idempotency-key': 'key-2' };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      stage.call('POST', '/v1/deployments', { body: deployBody('storm'), headers }),
    ),
  );
  const accepted = answers.filter(({ status }) => status === 202);
  assert.ok(accepted.length >= 1);
  assert.equal(new Set(accepted.map(({ json }) => json.id)).size, 1);
  for (const { status, json } of answers)
    assert.ok(status === 202 || json.code === 'idempotency_in_progress', json.code);
  assert.equal((await stage.client.deployments({ agent: 'storm' })).items.length, 1);
});

test('a refused request frees its key; a secret answer is not kept', async () => {
  const headers = { 'idempotency-key': 'key-3' };
  const refused = await stage.call('POST', '/v1/agents/none/restart', { body: {}, headers });
  assert.equal(refused.status, 404);
  const reused = await stage.call('POST', '/v1/tokens', {
    body: { name: 'k', scopes: ['read'] },
    headers,
  });
  assert.equal(reused.status, 201);
  const again = await stage.call('POST', '/v1/tokens', {
    body: { name: 'k', scopes: ['read'] },
    headers,
  });
  assert.deepEqual([again.status, again.json.code], [409, 'idempotency_outcome_unknown']);
});

test('what a crash cut off is answered with an unknown outcome', async () => {
  const key = { workspaceId: 'default', principalId: 'root', key: 'key-4' };
  const nowMs = clock.nowMs();
  const { createHash } = await import('node:crypto');
  const requestHash = createHash('sha256')
    .update('POST /v1/agents/repeat/restart\n{}')
    .digest('hex');
  await stage.store.idempotency.claim(key, { requestHash, nowMs, expiresAtMs: nowMs + 1_000 });
  const headers = { 'idempotency-key': 'key-4' };
  const during = await stage.call('POST', '/v1/agents/repeat/restart', { body: {}, headers });
  assert.deepEqual([during.status, during.json.code], [409, 'idempotency_in_progress']);
  const { OUTCOME_UNKNOWN } = await import('../../src/api/api.ts');
  await stage.store.idempotency.finishAbandoned(OUTCOME_UNKNOWN);
  const later = await stage.call('POST', '/v1/agents/repeat/restart', { body: {}, headers });
  assert.deepEqual([later.status, later.json.code], [409, 'idempotency_outcome_unknown']);
});

test('a call to an agent needs the scope invoke, and its token goes no further', async () => {
  const seen: (string | undefined)[] = [];
  const own = await openApiStage({
    machines: {
      handler: (request, response) => {
        seen.push(request.headers.authorization, request.headers['swarm-token'] as string);
        response.end('answered');
      },
    },
  });
  try {
    await own.deploy('desk');
    seen.length = 0;
    const asked = await own.call('GET', '/agents/desk/x');
    assert.deepEqual([asked.status, asked.text], [200, 'answered']);
    assert.deepEqual(seen, [undefined, undefined]);
    seen.length = 0;
    const both = await own.call('GET', '/agents/desk/x', {
      token: null,
      headers: { authorization: 'Bearer of-the-agent', 'swarm-token': own.token },
    });
    assert.equal(both.status, 200);
    assert.deepEqual(seen, ['Bearer of-the-agent', undefined]);
    const none = await own.call('GET', '/agents/desk/x', { token: null });
    assert.deepEqual([none.status, none.json.code], [401, 'token_missing']);
    const { value } = await own.client.createToken({ name: 'reader', scopes: ['read'] });
    const reader = await own.call('GET', '/agents/desk/x', { token: value });
    assert.deepEqual([reader.status, reader.json.code], [403, 'not_permitted']);
  } finally {
    await own.close();
  }
});

test('the client says that nothing answers, and what the server said', async () => {
  const gone = createClient({ url: 'http://127.0.0.1:1', token: 'x' });
  await assert.rejects(gone.system(), { code: 'swarmd_not_running' });
  assert.equal(await gone.isUp(), false);
  const error = await stage.client.agent('none').catch((caught: unknown) => caught);
  assert.ok(error instanceof SwarmError);
  assert.equal(error.code, 'agent_not_found');
  assert.notEqual(error.remedy, '');
  assert.ok(error.details.requestId);
});

test('a killed machine is replaced', async () => {
  await stage.deploy('killed');
  const [first] = (await stage.client.machines('killed')).items;
  assert.ok(first);
  await stage.client.killMachine(first.id);
  const replaced = await waitUntil(
    async () =>
      (await stage.client.machines('killed')).items.find(
        ({ id, state }) => id !== first.id && state === 'healthy',
      ),
    { timeoutMs: 20_000 },
  );
  assert.ok(replaced);
});

const SIGN_IN = 'POST /v1/sessions HTTP/1.1\r\ncontent-type: application/json';
const refused: [name: string, head: string, told: string][] = [
  [
    'an upgrade',
    'GET /v1/agents/x/exec HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade',
    'token_missing',
  ],
  [
    'an upgrade to an agent',
    'GET /agents/x/ HTTP/1.1\r\nupgrade: x\r\nconnection: upgrade',
    'token_missing',
  ],
  [
    'a call whose body never ends',
    'POST /agents/x/ HTTP/1.1\r\ncontent-length: 100000',
    'token_missing',
  ],
  [
    'a question with a body that nobody reads',
    'GET /healthz HTTP/1.1\r\ncontent-length: 9',
    '"ok"',
  ],
  ['a sign-in that never ends', `${SIGN_IN}\r\ncontent-length: 100`, 'body_too_slow'],
  ['a sign-in that is no code', `${SIGN_IN}\r\ncontent-length: 5000`, 'body_too_large'],
];
for (const [name, head, told] of refused)
  test(`${name} without a token holds no connection, although its sender never closes`, async (t) => {
    const limits = { maxUploadBytes: 1_000, maxBodyBytes: 100_000, bodyTimeoutMs: 100 };
    const own = await openApiStage({ parts: { limits } }); // Where no other connection is counted.
    t.after(() => own.close());
    const { hostname, port } = new URL(own.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    t.after(() => socket.destroy());
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.write(`${head}\r\nhost: localhost\r\n\r\n`);
    assert.ok(await waitUntil(() => answer.includes(told), { timeoutMs: 30_000 }));
    const alone = async () => (await own.connections()) === 0;
    assert.ok(await waitUntil(alone, { timeoutMs: 30_000 }), answer);
  });

test('an exec path that is not percent-encoding is refused in words', async () => {
  const answer = await raw(
    `GET /v1/agents/%zz/exec HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${stage.token}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n`,
  );
  assert.match(answer, /path_unknown/);
});

test('beyond so many connections a new one is closed, and those that are there go on', async (t) => {
  const own = await openApiStage({ maxConnections: 3 });
  t.after(() => own.close());
  const { hostname, port } = new URL(own.url);
  const answers: string[] = [];
  const sockets = Array.from({ length: 8 }, (_, i) => {
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      answers[i] = (answers[i] ?? '') + text;
    });
    return socket.on('error', () => undefined);
  });
  const closed = () => sockets.filter((socket) => socket.destroyed).length;
  assert.ok(await waitUntil(() => closed() === 5, { timeoutMs: 30_000 }), String(closed()));
  const kept = sockets.findIndex((socket) => !socket.destroyed);
  sockets[kept]?.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
  assert.ok(await waitUntil(() => answers[kept]?.includes('"ok"'), { timeoutMs: 30_000 }));
});
