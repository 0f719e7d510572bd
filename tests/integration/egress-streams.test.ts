import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';
import { egressErrors } from '../../src/egress/errors.ts';
import { allow, createStage, exchange, openSocket, readAll, readHead } from './egress-stage.ts';

const HOST = 'api.example.com';
const PLACEHOLDER = `swsec_${'b'.repeat(52)}`;
const SECRET = {
  ...{ name: 'KEY', version: 1, value: 'sk-1234567890abcdef', allowHttp: false },
  ...{ hosts: [HOST], headers: ['authorization'] },
};
const END = '\r\n\r\n';

test('a stream’s events arrive one by one, each before the next is sent', async () => {
  await using stage = await createStage();
  let next: () => void = () => undefined;
  await stage.serve(HOST, async (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const n of [1, 2, 3]) {
      response.write(`data: ${n} ${SECRET.value}\n\n`);
      await new Promise<void>((resolve) => {
        next = resolve;
      });
    }
    response.end();
  });
  stage.policy = allow(HOST);
  stage.secrets.set(PLACEHOLDER, SECRET);
  const socket = await stage.tls(HOST);
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}${END}`);
  assert.match(await readHead(socket), /200 OK/);
  let seen = '';
  socket.on('data', (chunk) => {
    seen += chunk;
    if (new RegExp(`data: ${seen.match(/data: /g)?.length} \\[secret KEY\\]\n\n`).test(seen))
      next();
  });
  socket.resume();
  const [event] = await stage.events(1);
  assert.equal(event?.outcome?.status, 'ok');
  assert.equal(seen.match(/data: \d \[secret KEY\]/g)?.length, 3);
});

test('both sides keep their connections between calls', async () => {
  await using stage = await createStage();
  const upstream = await stage.serve(HOST, (request, response) => response.end(request.url));
  stage.policy = allow(HOST);
  const socket = await stage.tls(HOST);
  for (const n of [1, 2, 3, 4, 5]) {
    socket.write(`GET /${n} HTTP/1.1\r\nHost: ${HOST}${END}`);
    assert.match(await readHead(socket), /200 OK/);
    const body = await new Promise((resolve) => socket.once('data', resolve).resume());
    assert.match(String(body), new RegExp(`/${n}`));
  }
  // A second one is opened when a call comes before the first is free again.
  assert.ok(upstream.connections <= 2, `${upstream.connections} connections for 5 calls`);
});

test('a hundred megabytes each way pass without being kept', async () => {
  await using stage = await createStage();
  const size = 100 * 1024 * 1024;
  await stage.serve(HOST, (request, response) => {
    let bytes = 0;
    request.on('data', (chunk) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      assert.equal(bytes, size);
      const chunk = Buffer.alloc(65_536, 'x');
      let left = size;
      const more = () => {
        while (left > 0) {
          left -= chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
  });
  stage.policy = allow(HOST);
  stage.secrets.set(PLACEHOLDER, SECRET);
  const socket = await stage.tls(HOST);
  globalThis.gc?.();
  let peak = 0;
  const from = process.memoryUsage().rss;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - from);
  }, 20);
  socket.write(
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${size}\r\nConnection: close${END}`,
  );
  const chunk = Buffer.alloc(65_536, 'y');
  for (let left = size; left > 0; left -= chunk.length)
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  let got = 0;
  for await (const part of socket) got += part.length;
  clearInterval(watch);
  assert.ok(got > size, `${got} bytes came back`);
  assert.ok(peak < 150 * 1024 * 1024, `${peak} bytes more at the peak, with both ends in it`);
  const [event] = await stage.events(1);
  assert.deepEqual(event?.outcome?.bytes, { in: size, out: size });
});

test('captured connections: TLS by its name, HTTP by its Host', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (_request, response) => response.end('tls'));
  await stage.serve(HOST, (_request, response) => response.end('plain'), { plain: true });
  stage.policy = allow({ host: HOST, ports: [80, 443] });
  const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close${END}`;
  const secured = await exchange(await stage.tls(HOST, { via: 'captured' }), request);
  assert.equal(secured.body.toString(), 'tls');
  const plain = await exchange(stage.captured(HOST, 80), request);
  assert.equal(plain.body.toString(), 'plain');
});

test('base URLs lead out without CONNECT', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (request, response) =>
    response.end(`${request.headers.host} ${request.url}`),
  );
  stage.policy = allow(HOST);
  const answer = await exchange(
    stage.proxy(),
    `GET /-/https/${HOST}/v1/x?y=z HTTP/1.1\r\nHost: 127.0.0.1:61708\r\nConnection: close${END}`,
  );
  assert.equal(answer.body.toString(), `${HOST} /v1/x?y=z`);
});

test('where interception is off, the guest sees the other side’s own certificate', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (_request, response) => response.end('unseen'));
  stage.policy = allow({ host: HOST, intercept: false });
  await assert.rejects(stage.tls(HOST), /certificate|unable|signature/i);
  const port = await stage.proxyPort();
  const tunnel = await openSocket(port);
  tunnel.write(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443${END}`);
  await readHead(tunnel);
  const secured = connectTls({ socket: tunnel, servername: HOST, rejectUnauthorized: false });
  const answer = await exchange(
    secured,
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close${END}`,
  );
  assert.equal(answer.body.toString(), 'unseen');
  const events = await stage.events(2);
  assert.deepEqual([...new Set(events.map(({ draft }) => draft.kind))], ['egress.connection']);
  assert.ok(Number(events[1]?.outcome?.bytes?.out) > 100);
});

const TOLD = ['refused', 'egress.connection'];

test('what is neither TLS nor HTTP passes by a rule with "intercept: false" alone', async () => {
  await using stage = await createStage({ limits: { silenceMs: 50, handshakeTimeoutMs: 300 } });
  const upstream = await stage.serveRaw(HOST, 5432, (socket) => void socket.write('banner\n'));
  stage.policy = allow({ host: HOST, ports: [5432] });
  await readAll(stage.captured(HOST, 5432), 500);
  const guest = stage.captured(HOST, 5432);
  guest.write('\0\0\0\x08\x04\xd2\x16\x2f');
  await readAll(guest, 500);
  stage.captured(HOST, 5432).end();
  assert.equal(upstream.connections, 0);
  const refused = await stage.events(3);
  for (const { draft } of refused) assert.deepEqual([draft.status, draft.kind], TOLD);
  // Of the one that left at once, nobody knows what it was.
  const schemes = refused.map(({ draft }) => draft.attributes?.scheme);
  assert.deepEqual(schemes, ['tcp', 'tcp', undefined]);
  stage.policy = allow({ host: HOST, ports: [5432], intercept: false });
  assert.equal((await readAll(stage.captured(HOST, 5432), 500)).toString(), 'banner\n');
});

test('HTTP/2 is spoken with those who speak it', async () => {
  await using stage = await createStage();
  await stage.serve(
    HOST,
    (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () =>
        response.end(
          `${request.httpVersion} ${request.headers.authorization} ${Buffer.concat(chunks)}`,
        ),
      );
    },
    { h2: true },
  );
  stage.policy = allow(HOST);
  stage.secrets.set(PLACEHOLDER, { ...SECRET, value: 'other-value-123' });
  const socket = await stage.tls(HOST);
  const answer = await exchange(
    socket,
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${PLACEHOLDER}\r\nTransfer-Encoding: chunked\r\nConnection: close${END}5\r\nhello\r\n0${END}`,
  );
  assert.equal(answer.body.toString(), '2.0 Bearer [secret KEY] hello');
});

test('a WebSocket passes both ways, its answers scrubbed', async () => {
  await using stage = await createStage();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  await stage.serve(HOST, (_request, response) => response.end(), {
    onServer: (server) =>
      server.on('upgrade', (request, socket, head) => {
        assert.equal(request.headers.authorization, `Bearer ${SECRET.value}`);
        assert.equal(request.headers['sec-websocket-extensions'], undefined);
        sockets.handleUpgrade(request, socket, head, (one) => {
          one.on('message', (data, isBinary) => {
            const text = String(data);
            one.send(text.slice(0, 5), { fin: false, binary: isBinary });
            one.send(text.slice(5), { fin: true, binary: isBinary });
          });
          one.send(`key ${SECRET.value} é`);
        });
      }),
  });
  stage.policy = allow(HOST);
  stage.secrets.set(PLACEHOLDER, SECRET);
  const secured = await stage.tls(HOST);
  const client = new WebSocket(`wss://${HOST}/ws`, {
    createConnection: () => secured,
    headers: { Authorization: `Bearer ${PLACEHOLDER}` },
  });
  const got: string[] = [];
  const messages = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (data) => {
      got.push(String(data));
      if (got.length === 1) client.send(`a${SECRET.value}z`);
      else if (got.length === 2) client.send('x'.repeat(70_000));
      else resolve();
    });
  });
  await messages;
  assert.deepEqual(got, ['key [secret KEY] é', 'a[secret KEY]z', 'x'.repeat(70_000)]);
  client.close();
  const [event] = await stage.events(1);
  assert.equal(event?.draft.kind, 'egress.connection');
  assert.equal(event?.outcome?.status, 'ok');
  assert.equal(event?.outcome?.attributes?.statusCode, 101);
  assert.equal(event?.outcome?.attributes?.scrubbed, 2);
  sockets.close();
});

test('a WebSocket to a provider of models costs what nobody can count', async () => {
  const host = 'api.openai.com';
  await using stage = await createStage();
  const sockets = new WebSocketServer({ noServer: true });
  await stage.serve(host, (_request, response) => response.end(), {
    onServer: (server) =>
      server.on('upgrade', (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (one) => one.close()),
      ),
  });
  stage.policy = allow(host);
  const secured = await stage.tls(host);
  const url = `wss://${host}/v1/realtime?model=gpt-realtime`;
  const client = new WebSocket(url, { createConnection: () => secured });
  await new Promise((resolve, reject) => client.on('close', resolve).on('error', reject));
  const [event] = await stage.events(1);
  assert.deepEqual(stage.reserved[0]?.request, { provider: 'openai', operation: 'paid' });
  assert.deepEqual(stage.settled, [{ missing: true }]);
  assert.equal(event?.outcome?.attributes?.usageMissing, true);
  sockets.close();
});

test('a paused agent or one without money gets its provider’s 429, and nothing is sent', async () => {
  await using stage = await createStage();
  const upstream = await stage.serve('api.openai.com', (_request, response) => response.end());
  stage.policy = allow('api.openai.com');
  stage.refuseSpending = { code: 'agent_paused', message: 'Paused.', details: {} };
  const socket = await stage.tls('api.openai.com');
  const body = JSON.stringify({ model: 'gpt-x', messages: [] });
  const answer = await exchange(
    socket,
    `POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close${END}${body}`,
  );
  assert.equal(answer.status, 429);
  assert.match(answer.head, /x-should-retry: false/i);
  assert.equal(upstream.connections, 0);
  const [event] = await stage.events(1);
  assert.equal(event?.draft.status, 'refused');
  assert.equal(event?.draft.error?.code, 'agent_paused');
});

test('nothing is sent while the log cannot be written', async () => {
  await using stage = await createStage();
  const upstream = await stage.serve(HOST, (_request, response) => response.end());
  stage.policy = allow(HOST);
  stage.trail.available = false;
  const socket = await stage.tls(HOST);
  const answer = await exchange(
    socket,
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close${END}`,
  );
  assert.equal(answer.status, 503);
  assert.equal(JSON.parse(answer.body.toString()).error.code, 'audit_unavailable');
  assert.equal(upstream.connections, 0);
  assert.equal(stage.settled.length, 1);
});

test('cutting an agent off ends its connections and calls at once', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (_request, response) => void response.write('begun'));
  stage.policy = allow(HOST);
  const socket = await stage.tls(HOST);
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}${END}`);
  await readHead(socket);
  const closed = new Promise((resolve) => socket.once('close', resolve).resume());
  stage.egress.cutOff({ workspaceId: 'wsp_test', agent: 'bot' });
  await closed;
  const [event] = await stage.events(1);
  assert.equal(event?.outcome?.status, 'error');
  assert.equal(stage.settled.length, 1);
});

test('mode audit lets through and says what would have been refused', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (_request, response) => response.end('ok'));
  stage.policy = { mode: 'audit', rules: [] };
  const socket = await stage.tls(HOST);
  const answer = await exchange(
    socket,
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close${END}`,
  );
  assert.equal(answer.status, 200);
  const [event] = await stage.events(1);
  assert.equal(event?.outcome?.attributes?.wouldRefuse, 'host_not_allowed');
});

test('curl goes out through the proxy, and reads why it may not', {
  skip: existsSync('/usr/bin/curl') ? false : 'there is no curl',
}, async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => response.end(`${request.method} ${Buffer.concat(chunks).length}`));
  });
  stage.policy = allow(HOST);
  const folder = await mkdtemp(join(tmpdir(), 'swarm-egress-'));
  try {
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, stage.authority);
    await writeFile(join(folder, 'body'), Buffer.alloc(2_000_000, 'x'));
    const port = await stage.proxyPort();
    const curl = async (...args: string[]) =>
      (
        await promisify(execFile)(
          '/usr/bin/curl',
          [
            '-sS',
            '--max-time',
            '20',
            '--proxy',
            `http://127.0.0.1:${port}`,
            '--cacert',
            ca,
            ...args,
          ],
          { env: {} },
        )
      ).stdout;
    assert.equal(await curl(`https://${HOST}/`), 'GET 0');
    const sent = await curl('--data-binary', `@${join(folder, 'body')}`, `https://${HOST}/`);
    assert.equal(sent, 'POST 2000000');
    const refused = JSON.parse(await curl('https://other.example.com/'));
    assert.equal(refused.error.code, egressErrors.egress_refused('').code);
  } finally {
    await rm(folder, { recursive: true });
  }
});
