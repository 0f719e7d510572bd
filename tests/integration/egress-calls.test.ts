import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allow, createStage, exchange } from './egress-stage.ts';

test('a call over CONNECT and TLS goes out, and is in the log with its answer', async () => {
  await using stage = await createStage();
  await stage.serve('api.example.com', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('X-Seen', `${request.headers.host} ${request.url}`);
      response.end(`got ${Buffer.concat(chunks)}`);
    });
  });
  stage.policy = allow('api.example.com');
  const socket = await stage.tls('api.example.com');
  const answer = await exchange(
    socket,
    'POST /v1/x?q=1 HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  );
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), 'got hello');
  assert.match(answer.head, /x-seen: api\.example\.com \/v1\/x\?q=1/i);
  const [event, ...others] = await stage.events(1);
  assert.deepEqual(others, []);
  assert.equal(event?.draft.kind, 'egress.call');
  assert.equal(event?.outcome?.status, 'ok');
  assert.deepEqual(event?.outcome?.bytes, { in: 5, out: 9 });
  const { firstByteNs, ...attributes } = event?.outcome?.attributes ?? {};
  assert.ok(Number(firstByteNs) > 0);
  assert.deepEqual(attributes, {
    ...{ method: 'POST', path: '/v1/x', scheme: 'https', host: 'api.example.com', port: 443 },
    ...{ rule: 'api.example.com:443', statusCode: 200 },
  });
  assert.equal(event?.outcome?.captured?.request?.totalBytes, 5);
  assert.deepEqual(stage.settled, [undefined]);
});

test('plain HTTP with an absolute URL goes out where a rule opens port 80', async () => {
  await using stage = await createStage();
  await stage.serve('plain.example.com', (_request, response) => response.end('plain'), {
    plain: true,
  });
  stage.policy = allow({ host: 'plain.example.com', ports: [80] });
  const answer = await exchange(
    stage.proxy(),
    'GET http://plain.example.com/a HTTP/1.1\r\nHost: plain.example.com\r\nConnection: close\r\n\r\n',
  );
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), 'plain');
});

test('a header that overrides method or path is held to the same rules', async () => {
  await using stage = await createStage();
  const upstream = await stage.serve('api.example.com', (_request, response) => response.end('ok'));
  stage.policy = allow({ host: 'api.example.com', methods: ['GET'], paths: ['/v1'] });
  const ask = async (header: string) => {
    const request = `GET /v1/x HTTP/1.1\r\nHost: api.example.com\r\n${header}\r\nConnection: close\r\n\r\n`;
    const { status, body } = await exchange(await stage.tls('api.example.com'), request);
    return status === 200 ? status : JSON.parse(body.toString()).error.reason;
  };
  for (const header of [
    'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: put',
    'X-Method-Override: POST',
  ])
    assert.equal(await ask(header), 'method_not_allowed', header);
  for (const header of ['X-Original-URL: /admin', 'X-Rewrite-URL: /v1/../admin'])
    assert.match(await ask(header), /^path_(not_allowed|ambiguous)$/, header);
  assert.equal(upstream.bytes, 0);
  assert.equal(await ask('X-HTTP-Method-Override: get'), 200);
  stage.policy = allow('api.example.com');
  assert.equal(await ask('X-HTTP-Method-Override: PATCH'), 200);
});

test('what no rule allows is answered with 403, and is one event', async () => {
  await using stage = await createStage();
  const upstream = await stage.serve('evil.example.com', (_request, response) => response.end());
  stage.policy = allow('api.example.com');
  const socket = await stage.tls('evil.example.com');
  const answer = await exchange(
    socket,
    'GET / HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n',
  );
  assert.equal(answer.status, 403);
  const { error } = JSON.parse(answer.body.toString());
  assert.equal(error.code, 'egress_refused');
  assert.equal(error.reason, 'host_not_allowed');
  assert.equal(error.host, 'evil.example.com');
  const [event, ...others] = await stage.events(1);
  assert.deepEqual(others, []);
  assert.equal(event?.draft.status, 'refused');
  assert.equal(upstream.connections, 0);
});
