/** The kill switch at the moments at which a call could slip past it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { SpendRefusal } from '../../src/contracts/egress.ts';
import { createHostResolver } from '../../src/egress/policy/resolve-host.ts';
import { allow, createStage, exchange, readAll } from './egress-stage.ts';

const HOST = 'api.openai.com';
const END = '\r\n\r\n';
const PAUSED: SpendRefusal = { code: 'agent_paused', message: 'Paused.', details: {} };
const BODY = JSON.stringify({ model: 'gpt-x', messages: [] });
const CALL = `POST /v1/chat/completions HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: close${END}${BODY}`;
const SOCKET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13${END}`;

async function pausableStage() {
  const state = { paused: undefined as SpendRefusal | undefined, asked: 0 };
  const stage = await createStage({
    spending: {
      paused: () => state.paused,
      // Let through before the pause.
      reserve: () => ({ settle: () => ({}) }),
    },
    resolver: createHostResolver({
      clock: { nowMs: () => Date.now() },
      lookup: async () => {
        state.asked++;
        return { addresses: ['93.184.216.34'], ttlSeconds: 60 };
      },
    }),
  });
  const upstream = await stage.serve(HOST, (_request, response) => response.end('reached'));
  const other = await stage.serveRaw('raw.example.com', 25, () => undefined);
  stage.policy = allow(HOST, { host: 'raw.example.com', ports: [25], intercept: false });
  return { stage, state, seen: () => upstream.bytes + other.connections };
}

test('a paused agent asks for no name: a query is a way out, too', async () => {
  const { stage, state, seen } = await pausableStage();
  await using _ = stage;
  state.paused = PAUSED;
  const answer = await exchange(await stage.tls(HOST), CALL);
  assert.equal(answer.status, 429);
  assert.deepEqual(JSON.parse(answer.body.toString()).error.type, 'agent_paused');
  assert.equal((await exchange(await stage.tls(HOST), SOCKET)).status, 429);
  const raw = stage.captured('raw.example.com', 25);
  raw.write('\x01hello');
  await readAll(raw);
  assert.deepEqual([state.asked, seen()], [0, 0]);
  const codes = (await stage.events(3)).map(({ draft }) => draft.error?.code);
  assert.deepEqual(codes, ['agent_paused', 'agent_paused', 'agent_paused']);
});

test('a pause that comes while a call is written down holds for that call', async () => {
  const { stage, state, seen } = await pausableStage();
  await using _ = stage;
  stage.trail.held = true;
  const raw = stage.captured('raw.example.com', 25);
  raw.write('\x01hello');
  const closed = readAll(raw, 30_000);
  const answers: Promise<Buffer>[] = [];
  for (const request of [CALL, SOCKET]) {
    const socket = await stage.tls(HOST);
    socket.write(request);
    answers.push(readAll(socket, 30_000));
  }
  const begun = () => stage.trail.events.length === 3;
  assert.ok(await waitUntil(begun, { timeoutMs: 10_000, intervalMs: 5 }));
  state.paused = PAUSED;
  stage.trail.release();
  for (const answer of answers) assert.match(String(await answer), /^HTTP\/1\.1 429 /);
  await closed;
  assert.equal(seen(), 0);
  const ends = (await stage.events(3)).map(({ outcome }) => outcome?.error?.code);
  assert.deepEqual(ends, ['agent_paused', 'agent_paused', 'agent_paused']);
});
