import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createGuestClient } from './guest-client.ts';

/** A guest that does with its connections what it likes. */
async function clientOf(t: TestContext, onRequest: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('data', () => onRequest(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const endpoint = { host: '127.0.0.1', port: address.port };
  const client = createGuestClient({ machineId: 'm', endpoint, token: 'x' });
  t.after(() => {
    client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return client;
}

const never = new AbortController().signal;

test('a stream that a guest never begins to answer is given up', async (t) => {
  const client = await clientOf(t, () => undefined);
  await assert.rejects(client.stream('/v1/events', { idleMs: 50, signal: never }), {
    name: 'AbortError',
  });
});

test('interim answers without end are no answer', async (t) => {
  const client = await clientOf(t, (socket) => {
    const flood = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000);
    const pour = () => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.on('drain', pour);
    pour();
  });
  await assert.rejects(client.stream('/v1/events', { idleMs: 60_000, signal: never }), /interim/);
});
