import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { waitUntil } from '../../src/base/wait.ts';
import {
  closedPort,
  rawCall,
  startRawUpstream,
  startStage,
  startUpstream,
} from './gateway-stage.ts';

const HANDSHAKE = [
  'GET /agents/desk/raw HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: lines',
  '\r\n',
].join('\r\n');

test('a WebSocket passes both ways, counts as in flight, and ends with either side', async (t) => {
  const stage = await startStage(t);
  const { port, server } = await startUpstream(t, (_incoming, response) => response.end());
  const sockets = new WebSocketServer({ server });
  const urls: (string | undefined)[] = [];
  sockets.on('connection', (socket, incoming) => {
    urls.push(incoming.url);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  // The first replica refuses: the handshake was not sent, and goes to the second.
  stage.routes.set('desk', { ports: [await closedPort(t), port] });
  for (const closer of ['caller', 'agent'] as const) {
    const socket = new WebSocket(`ws://127.0.0.1:${stage.port}/agents/desk/ws?x=1`);
    await once(socket, 'open');
    assert.equal(stage.gateway.inFlight(`m${port}`), 1);
    for (const text of ['one', 'x'.repeat(300_000)]) {
      socket.send(text);
      const [data] = await once(socket, 'message');
      assert.equal(String(data), text);
    }
    if (closer === 'caller') socket.close(1000);
    else for (const peer of sockets.clients) peer.close(1000);
    const [code] = await once(socket, 'close');
    assert.equal(code, 1000);
    assert.ok(
      await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }),
    );
  }
  assert.deepEqual(urls, ['/ws?x=1', '/ws?x=1']);
});

test('a connection that breaks on one side breaks on the other', async (t) => {
  const stage = await startStage(t);
  const { port, server } = await startUpstream(t, (_incoming, response) => response.end());
  const sockets = new WebSocketServer({ server });
  stage.routes.set('desk', { ports: [port] });
  const open = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${stage.port}/agents/desk`);
    socket.on('error', () => undefined);
    await once(socket, 'open');
    assert.ok(await waitUntil(() => sockets.clients.size === 1, { timeoutMs: 5_000 }));
    return socket;
  };
  const first = await open();
  first.terminate();
  assert.ok(await waitUntil(() => sockets.clients.size === 0, { timeoutMs: 5_000 }));
  const second = await open();
  const closed = once(second, 'close');
  for (const peer of sockets.clients) peer.terminate();
  const [code] = await closed;
  assert.equal(code, 1006);
  assert.ok(await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }));
});

test('any protocol passes, bytes sent with the handshake included, and halves close alone', async (t) => {
  const stage = await startStage(t);
  let received = '';
  const port = await startRawUpstream(t, (socket) => {
    socket.allowHalfOpen = true;
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      const before = received;
      received += text;
      if (!before.includes('\r\n\r\n') && received.includes('\r\n\r\n'))
        socket.write('HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\nfirst\n');
    });
    socket.on('end', () => socket.end('last\n'));
  });
  stage.routes.set('desk', { ports: [port] });
  const socket = connect({ port: stage.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(`${HANDSHAKE}early\n`);
  assert.ok(await waitUntil(() => text.includes('first\n'), { timeoutMs: 5_000 }));
  assert.ok(await waitUntil(() => received.endsWith('early\n'), { timeoutMs: 5_000 }));
  socket.end('late\n');
  await once(socket, 'close');
  assert.match(text, /^HTTP\/1\.1 101 /);
  assert.match(text, /\r\nUpgrade: lines\r\n/i);
  assert.ok(text.endsWith('first\nlast\n'));
  assert.ok(received.endsWith('early\nlate\n'));
  assert.match(received, /^GET \/raw HTTP\/1\.1\r\n/);
});

test('an agent that declines: its answer passes, and nothing after it reaches it', async (t) => {
  const stage = await startStage(t);
  const urls: string[] = [];
  const { port } = await startUpstream(t, (incoming, response) => {
    urls.push(incoming.url ?? '');
    response.writeHead(403, { 'X-Why': 'no' }).end('not you');
  });
  stage.routes.set('desk', { ports: [port] });
  const { text } = await rawCall(
    stage.port,
    `${HANDSHAKE}GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  );
  assert.match(text, /^HTTP\/1\.1 403 /);
  assert.match(text, /x-why: no/i);
  assert.match(text, /connection: close/i);
  assert.ok(text.includes('not you'));
  assert.deepEqual(urls, ['/raw']);
  assert.ok(await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }));
});

for (const [name, bytes] of [
  ['a status below 100', 'HTTP/1.1 099 Low\r\nContent-Length: 2\r\n\r\nok'],
  ['interim answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)],
] as const)
  test(`an upgrade that is answered with ${name} is refused`, async (t) => {
    const stage = await startStage(t);
    const port = await startRawUpstream(t, (socket) => {
      socket.once('data', () => socket.write(bytes, 'latin1'));
    });
    stage.routes.set('desk', { ports: [port] });
    const { text } = await rawCall(stage.port, HANDSHAKE);
    assert.match(text, /^HTTP\/1\.1 502 .*"code":"agent_bad_response"/s);
  });

test('refusals of an upgrade are whole answers', async (t) => {
  const stage = await startStage(t);
  const missing = await rawCall(stage.port, HANDSHAKE.replace('/desk/', '/dsk/'));
  assert.match(missing.text, /^HTTP\/1\.1 404 .*"code":"agent_not_found"/s);
  stage.routes.set('desk', { ports: [await closedPort(t)] });
  const refused = await rawCall(stage.port, HANDSHAKE);
  assert.match(refused.text, /^HTTP\/1\.1 503 .*"code":"agent_unavailable"/s);
  const closing = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.destroy());
  });
  stage.routes.set('desk', { ports: [closing] });
  const closed = await rawCall(stage.port, HANDSHAKE);
  assert.match(closed.text, /^HTTP\/1\.1 502 .*"code":"agent_closed_connection"/s);
  assert.equal(stage.gateway.inFlight(`m${closing}`), 0);
});

test('an offer of h2c is not taken up, and the request is answered', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (incoming, response) => incoming.pipe(response));
  stage.routes.set('desk', { ports: [port] });
  const { text } = await rawCall(
    stage.port,
    'POST /agents/desk HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nContent-Length: 4\r\n\r\nbody',
  );
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.ok(text.includes('body'));
});
