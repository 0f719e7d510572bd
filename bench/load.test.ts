import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { load } from './load.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function options(port: number) {
  const requestBytes = Buffer.from('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return { host: '127.0.0.1', port, requestBytes, timeoutMs: 30_000 };
}

test('makes exactly the calls it is told to, on the connections it is told to', async (t) => {
  let calls = 0;
  const sockets = new Set<unknown>();
  const port = await serve(t, (request, response) => {
    const kind = calls++ % 3;
    sockets.add(request.socket);
    // A length, chunks, and an answer in two pieces.
    if (kind === 0) response.write('chunk');
    else if (kind === 1) response.setHeader('Content-Length', 70_000);
    setImmediate(() => response.end(kind === 1 ? 'x'.repeat(70_000) : 'end'));
  });
  const result = await load({ ...options(port), connections: 8, calls: 500, warmUp: 100 });
  assert.equal(calls, 500);
  assert.equal(sockets.size, 8);
  assert.equal(result.calls, 400);
  assert.equal(result.failures, 0);
  assert.ok(result.p50Ms > 0 && result.p50Ms <= result.p99Ms);
});

test('counts what is not 2xx as a failure', async (t) => {
  const port = await serve(t, (_request, response) => {
    response.writeHead(503, { 'Content-Length': 0 }).end();
  });
  const result = await load({ ...options(port), connections: 2, calls: 20, warmUp: 0 });
  assert.equal(result.failures, 20);
});

test('a paced load counts the time that a call waited for a connection', async (t) => {
  const waiting: (() => void)[] = [];
  let answered = 0;
  const port = await serve(t, (_request, response) => {
    const answer = () => response.writeHead(200, { 'Content-Length': 0 }).end();
    // The first answer is held back until the other calls are long due.
    if (answered++ === 0) waiting.push(() => setTimeout(answer, 200));
    else answer();
    waiting.pop()?.();
  });
  const result = await load({
    ...options(port),
    ...{ connections: 1, calls: 20, warmUp: 0, ratePerSecond: 1_000 },
  });
  assert.ok(result.p50Ms > 100, `${result.p50Ms} ms: the calls that waited look fast`);
});

test('ends with an error when the server closes or the time is up', async (t) => {
  const closing = await serve(t, (request) => request.socket.destroy());
  const once = { connections: 1, calls: 1, warmUp: 0 };
  await assert.rejects(load({ ...options(closing), ...once }));
  const silent = await serve(t, () => undefined);
  await assert.rejects(load({ ...options(silent), ...once, timeoutMs: 50 }), /did not end/);
});

test('goes on when the server closes connections that wait', async (t) => {
  let calls = 0;
  const port = await serve(t, (request, response) => {
    // Every call but the first of each connection comes after a pause of this length.
    if (calls++ % 5 === 0) setTimeout(() => request.socket.destroySoon(), 5);
    response.writeHead(200, { 'Content-Length': 0 }).end();
  });
  const paced = { connections: 20, ratePerSecond: 400 };
  const result = await load({ ...options(port), ...paced, calls: 40, warmUp: 0 });
  assert.equal(result.calls, 40);
  assert.equal(result.failures, 0);
});
