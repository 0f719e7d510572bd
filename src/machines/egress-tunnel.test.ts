/** The host's side of the way out, against a guestd that does as it is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import { createEgressTunnel, type EgressTunnel } from './egress-tunnel.ts';
import { parseEgressHead } from './park-connection.ts';

const PATIENCE = { timeoutMs: 20_000, intervalMs: 5 };
const AFTER = { signal: AbortSignal.timeout(60_000) };
const ACCEPTED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: swarm-egress\r\n\r\n';

let server: Server;
let tunnel: EgressTunnel;
/** Connections that the host parked, oldest first. */
let parked: Socket[];
let requests: string[];
let answer: (socket: Socket) => void;
let taken: EgressConnection[];
let onConnection: (connection: EgressConnection) => void;

beforeEach(async () => {
  parked = [];
  requests = [];
  taken = [];
  answer = (socket) => socket.write(ACCEPTED);
  onConnection = (connection) => taken.push(connection);
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (request) => {
      requests.push(request.toString());
      answer(socket);
      parked.push(socket);
    });
    socket.on('close', () => parked.splice(parked.indexOf(socket) >>> 0, 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  tunnel = createEgressTunnel({
    machineId: 'm1',
    endpoint: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    token: 'f'.repeat(64),
    log: silentLogger,
    onConnection: (connection) => onConnection(connection),
  });
});
afterEach(() => {
  tunnel.close();
  server.close();
  for (const socket of [...parked]) socket.destroy();
});

const isParked = (count: number) => async () => {
  const { parked: have, opening } = tunnel.counts();
  return have === count && opening === 0 && parked.length >= count;
};
/** A process inside opens one. */
function take(bytes: string | Buffer): Socket {
  const socket = parked.shift();
  assert.ok(socket, 'a connection is parked');
  socket.write(bytes);
  return socket;
}

test('few are parked, and what a process opens is handed on whole', async () => {
  tunnel.open();
  tunnel.open();
  assert.equal(await waitUntil(isParked(4), PATIENCE), true);
  assert.match(requests[0] ?? '', /^POST \/v1\/egress HTTP\/1\.1\r\n/);
  assert.match(requests[0] ?? '', /\r\nUpgrade: swarm-egress\r\n.*\r\n\r\n$/s);
  assert.match(requests[0] ?? '', new RegExp(`Bearer ${'f'.repeat(64)}\r\n`));

  onConnection = ({ stream }) => stream.pipe(stream);
  const inside = take('{"kind":"captured","port":443,"name":"api.example.com"}\nfirst ');
  inside.end('last');
  assert.equal(Buffer.concat(await inside.toArray(AFTER)).toString(), 'first last');
  assert.equal(await waitUntil(isParked(4), PATIENCE), true, 'another takes its place');
  assert.equal(tunnel.counts().active, 0);
});

test('the end of one side is told although it came with the head', async () => {
  const ended: Promise<unknown>[] = [];
  onConnection = ({ stream }) => {
    ended.push(once(stream.resume(), 'end', AFTER));
    stream.end('goodbye');
  };
  tunnel.open();
  await waitUntil(isParked(4), PATIENCE);
  const inside = take('');
  inside.end('{"kind":"proxy","port":0}\n');
  assert.equal(Buffer.concat(await inside.toArray(AFTER)).toString(), 'goodbye');
  assert.equal(ended.length, 1);
  await Promise.all(ended);
});

test('more are parked when they run short, and no end of them', async () => {
  tunnel.open();
  await waitUntil(isParked(4), PATIENCE);
  for (let round = 0; round < 8; round++) {
    await waitUntil(() => parked.length > 0, PATIENCE);
    while (parked.length > 0) take('{"kind":"proxy","port":0}\n');
    await waitUntil(() => tunnel.counts().parked > 0, PATIENCE);
  }
  assert.equal(await waitUntil(isParked(64), PATIENCE), true);
  assert.equal(taken.length, tunnel.counts().active);
});

test('closing ends all, and opening parks again', async () => {
  tunnel.open();
  await waitUntil(isParked(4), PATIENCE);
  const inside = take('{"kind":"proxy","port":0}\n');
  await waitUntil(() => taken.length === 1, PATIENCE);
  const gone = once(inside, 'error', AFTER);
  inside.resume();
  tunnel.close();
  tunnel.close();
  await gone;
  await waitUntil(() => parked.length === 0, PATIENCE);
  assert.equal(taken[0]?.stream.destroyed, true);
  tunnel.open();
  assert.equal(await waitUntil(isParked(4), PATIENCE), true);
});

test('a guestd that refuses, lies or falls silent is asked again later', async () => {
  const answers = [
    (socket: Socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n{"error":{"code":"not_found"}}'),
    (socket: Socket) => socket.destroy(),
    (socket: Socket) => socket.write(ACCEPTED.replace('101', '200')),
    (socket: Socket) => socket.write('x'.repeat(100_000)),
    (socket: Socket) => socket.end(ACCEPTED),
    (socket: Socket) => socket.write(`${ACCEPTED}${'x'.repeat(600)}`),
    (socket: Socket) => socket.write(`${ACCEPTED}{"kind":"proxy","port":1}\n`),
  ];
  let asked = 0;
  answer = (socket) => (answers[asked++] ?? ((s: Socket) => s.write(ACCEPTED)))(socket);
  tunnel.open();
  assert.equal(await waitUntil(isParked(4), PATIENCE), true);
  assert.ok(asked >= answers.length + 4);
  assert.deepEqual(taken, []);
});

test('a connection that nobody takes over is closed', async () => {
  onConnection = () => {
    throw new Error('not today');
  };
  tunnel.open();
  await waitUntil(isParked(4), PATIENCE);
  const inside = take('{"kind":"proxy","port":0}\n').resume();
  await once(inside, 'error', AFTER);
  assert.equal(await waitUntil(isParked(4), PATIENCE), true);
});

test('heads are read strictly', () => {
  const parse = (text: string) => parseEgressHead(Buffer.from(text));
  assert.deepEqual(parse('{"kind":"captured","port":80}\n'), { kind: 'captured', port: 80 });
  for (const wrong of [
    '',
    '{}',
    'null',
    '{"kind":"proxy","port":80}',
    '{"kind":"proxy","port":0,"name":"x"}',
    '{"kind":"captured","port":0}',
    '{"kind":"captured","port":65536}',
    '{"kind":"captured","port":1.5}',
    '{"kind":"captured","port":80,"name":""}',
    '{"kind":"captured","port":80,"name":"A"}',
    '{"kind":"captured","port":80,"name":"a b"}',
    '{"kind":"captured","port":80,"name":"é"}',
    '{"kind":"captured","port":80,"machineId":"other"}',
    '{"kind":"captured","port":80,"__proto__":{"name":"x"}}',
  ])
    assert.throws(() => parse(wrong), Error, wrong);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      try {
        const head = parseEgressHead(Buffer.from(bytes));
        return head.kind === 'proxy' || head.kind === 'captured';
      } catch (error) {
        return error instanceof Error;
      }
    }),
  );
});
