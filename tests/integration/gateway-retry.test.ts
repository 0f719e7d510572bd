import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import {
  call,
  closedPort,
  problemCode,
  startRawUpstream,
  startStage,
  startUpstream,
} from './gateway-stage.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a call that a machine refused goes to another, whole, and only once', async (t) => {
  const stage = await startStage(t);
  const bodies: string[] = [];
  const live = await startUpstream(t, async (incoming, response) => {
    bodies.push((await incoming.toArray()).join(''));
    response.end('ok');
  });
  const dead = [await closedPort(t), await closedPort(t)];
  stage.routes.set('desk', { ports: [...dead, live.port] });
  const wanted: string[] = [];
  for (let i = 0; i < 6; i++) {
    const body = `${i}`.repeat(50_000);
    wanted.push(body);
    const answer = await call(stage.port, { method: 'POST', body });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['swarm-replica'], '2');
  }
  assert.deepEqual(bodies, wanted);
  for (const port of dead) assert.equal(stage.gateway.inFlight(`m${port}`), 0);
});

for (const method of ['GET', 'POST', 'PUT', 'DELETE'])
  test(`${method}: a call that was sent is not sent again`, async (t) => {
    const stage = await startStage(t);
    let seen = 0;
    const breaking = () =>
      startRawUpstream(t, (socket) => {
        socket.once('data', () => {
          seen++;
          socket.destroy();
        });
      });
    stage.routes.set('desk', { ports: [await breaking(), await breaking()] });
    const answer = await call(stage.port, { method, ...(method === 'POST' && { body: 'x' }) });
    assert.equal(answer.status, 502);
    assert.equal(problemCode(answer), 'agent_closed_connection');
    assert.equal(seen, 1);
  });

test('a kept connection that the agent has closed is not used', async (t) => {
  const stage = await startStage(t);
  const sockets: Socket[] = [];
  const port = await startRawUpstream(t, (socket) => {
    sockets.push(socket);
    socket.on('data', () => socket.write(OK));
  });
  stage.routes.set('desk', { ports: [port] });
  for (let i = 1; i <= 5; i++) {
    assert.equal((await call(stage.port)).status, 200);
    assert.equal(sockets.length, i, 'each call had a new connection');
    sockets[i - 1]?.end();
    await waitUntil(() => sockets[i - 1]?.closed, { timeoutMs: 5_000 });
  }
});

test('a kept connection that closes as the call is written: it counts as sent', async (t) => {
  const stage = await startStage(t);
  const perSocket: number[] = [];
  const port = await startRawUpstream(t, (socket) => {
    const index = perSocket.push(0) - 1;
    socket.on('data', () => {
      perSocket[index] = (perSocket[index] ?? 0) + 1;
      // The first is answered; the second finds a server that has just decided to close.
      if (perSocket[index] === 1) socket.write(OK);
      else socket.destroy();
    });
  });
  stage.routes.set('desk', { ports: [port] });
  assert.equal((await call(stage.port)).status, 200);
  const second = await call(stage.port);
  assert.equal(second.status, 502);
  assert.equal(problemCode(second), 'agent_closed_connection');
  assert.deepEqual(perSocket, [2], 'no other connection saw it');
  assert.equal((await call(stage.port)).status, 200);
});

test('an unused connection is closed by the gateway, before the agent would', async (t) => {
  const stage = await startStage(t, { keepAliveMs: 50 });
  const sockets: Socket[] = [];
  const port = await startRawUpstream(t, (socket) => {
    sockets.push(socket);
    socket.on('data', () => socket.write(OK));
  });
  stage.routes.set('desk', { ports: [port] });
  assert.equal((await call(stage.port)).status, 200);
  assert.ok(await waitUntil(() => sockets[0]?.readableEnded, { timeoutMs: 10_000 }));
});

test('an agent that keeps connections for a second or less gets a new one for each call', async (t) => {
  const stage = await startStage(t);
  let connections = 0;
  const { port, server } = await startUpstream(t, (_incoming, response) => response.end('ok'), {
    keepAliveTimeout: 1_000,
  });
  server.on('connection', () => connections++);
  stage.routes.set('desk', { ports: [port] });
  for (let i = 0; i < 5; i++) assert.equal((await call(stage.port)).status, 200);
  assert.equal(connections, 5);
});

test('the connections of a machine that is gone are closed', async (t) => {
  const stage = await startStage(t, { keepAliveMs: 600_000 });
  const sockets: Socket[] = [];
  const port = await startRawUpstream(t, (socket) => {
    sockets.push(socket);
    socket.on('data', () => socket.write(OK));
  });
  stage.routes.set('desk', { ports: [port] });
  assert.equal((await call(stage.port)).status, 200);
  assert.equal((await call(stage.port)).status, 200);
  assert.equal(sockets.length, 1, 'the connection was kept');
  stage.routes.set('desk', { ports: [] });
  assert.ok(await waitUntil(() => sockets[0]?.closed, { timeoutMs: 10_000 }));
});
