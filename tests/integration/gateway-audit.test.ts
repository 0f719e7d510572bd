/** What the log is told of calls: before any agent sees them, and after, whatever the end is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { waitUntil } from '../../src/base/wait.ts';
import type { ConnectionLimits } from '../../src/gateway/gateway.ts';
import { type FakeEvent, FakeTrail } from '../../src/gateway/trail-fake.ts';
import {
  CALLER,
  call,
  closedPort,
  problemCode,
  startRawUpstream,
  startStage,
  startUpstream,
} from './gateway-stage.ts';

async function audited(t: TestContext, limits: Partial<ConnectionLimits> = {}) {
  const trail = new FakeTrail();
  return { trail, ...(await startStage(t, limits, trail)) };
}

/** The n-th event once it has ended. */
async function ended(trail: FakeTrail, n = 0): Promise<Required<FakeEvent>> {
  const event = await waitUntil(
    () => (trail.events[n]?.outcome === undefined ? undefined : trail.events[n]),
    { timeoutMs: 5_000 },
  );
  assert.ok(event?.outcome, 'the event was completed');
  return { ...event, outcome: event.outcome };
}

test('no machine sees a byte before the intent is durable; the call then goes on', async (t) => {
  const { trail, routes, port } = await audited(t);
  let connections = 0;
  const upstream = await startUpstream(t, (incoming, response) => void incoming.pipe(response));
  upstream.server.on('connection', () => connections++);
  routes.set('desk', { ports: [upstream.port] });
  trail.held = true;
  const answer = call(port, { path: '/agents/desk/a?key=1', method: 'POST', body: 'hello' });
  await waitUntil(() => trail.events.length === 1, { timeoutMs: 5_000 });
  // Long enough for a connection on loopback, if one were made.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(connections, 0);
  trail.release();
  const { status, body, headers } = await answer;
  assert.deepEqual([status, body], [200, 'hello']);
  const { phase, draft, outcome } = await ended(trail);
  assert.equal(phase, 'intent');
  assert.deepEqual(
    [draft.kind, draft.actor, draft.agent, draft.revision, draft.request],
    ['gateway.call', CALLER, 'desk', 7, headers['x-request-id']],
  );
  assert.equal(headers['swarm-run'], draft.run);
  assert.deepEqual(draft.attributes, { method: 'POST', path: '/a' });
  assert.equal(outcome.status, 'ok');
  assert.deepEqual([outcome.machine, outcome.replica], [`m${upstream.port}`, 0]);
  assert.deepEqual(outcome.bytes, { in: 5, out: 5 });
  const { firstByteNs, ...attributes } = outcome.attributes ?? {};
  assert.deepEqual(attributes, { method: 'POST', path: '/a', statusCode: 200, attempts: 1 });
  assert.ok(Number(firstByteNs) > 0 && Number(firstByteNs) <= Number(outcome.durationNs));
  for (const body of [outcome.captured?.request, outcome.captured?.response])
    assert.equal(Buffer.from(body?.head ?? []).toString(), 'hello');
});

test('a log that cannot be written stops calls and upgrades, and frees their slots', async (t) => {
  const { trail, routes, port, gateway } = await audited(t);
  let seen = 0;
  const upstream = await startUpstream(t, (_incoming, response) => {
    seen++;
    response.end();
  });
  upstream.server.on('connection', () => seen++);
  routes.set('desk', { ports: [upstream.port], concurrency: { hardLimit: 1, queue: 0 } });
  trail.available = false;
  for (let i = 0; i < 3; i++) {
    const answer = await call(port, { method: 'POST', body: 'x' });
    assert.equal(answer.status, 503);
    assert.equal(problemCode(answer), 'audit_unavailable');
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/agents/desk`);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ];
  assert.equal(response.statusCode, 503);
  socket.on('error', () => undefined);
  socket.terminate();
  assert.ok(
    await waitUntil(() => gateway.inFlight(`m${upstream.port}`) === 0, { timeoutMs: 5_000 }),
  );
  assert.equal(seen, 0);
  trail.available = true;
  assert.equal((await call(port)).status, 200);
});

test('refusals are events of their own, kept for later where the log is away', async (t) => {
  const { trail, routes, port } = await audited(t);
  assert.equal((await call(port, { path: '/agents/nobody/x' })).status, 404);
  routes.set('desk', { ports: [], unavailable: 'starting' });
  assert.equal((await call(port)).status, 503);
  const codes = trail.events.map(({ phase, draft }) => [phase, draft.status, draft.error?.code]);
  assert.deepEqual(codes, [
    ['whole', 'refused', 'agent_not_found'],
    ['whole', 'refused', 'agent_unavailable'],
  ]);
  assert.equal(trail.events[0]?.draft.attributes?.statusCode, 404);
  trail.available = false;
  assert.equal(problemCode(await call(port)), 'agent_unavailable');
  assert.equal(trail.notes[0]?.error?.code, 'agent_unavailable');
});

test('a call that waits for a slot in vain, or finds no machine, is refused in the end', async (t) => {
  const { trail, routes, port } = await audited(t);
  const upstream = await startUpstream(t, () => undefined);
  const concurrency = { hardLimit: 1, queue: 1, queueTimeoutMs: 50 };
  routes.set('desk', { ports: [upstream.port], concurrency });
  const held = request({ host: '127.0.0.1', port, path: '/agents/desk' });
  held.on('error', () => undefined).end();
  await waitUntil(() => trail.events.length === 1, { timeoutMs: 5_000 });
  assert.equal(problemCode(await call(port)), 'queue_timeout');
  const waited = await ended(trail, 1);
  assert.deepEqual([waited.phase, waited.outcome.status], ['intent', 'refused']);
  assert.equal(waited.outcome.error?.code, 'queue_timeout');
  held.destroy();
  assert.equal((await ended(trail, 0)).outcome.error?.code, 'caller_left');
  routes.set('desk', { ports: [await closedPort(t), await closedPort(t)] });
  assert.equal(problemCode(await call(port)), 'agent_unavailable');
  const { outcome } = await ended(trail, 2);
  assert.deepEqual([outcome.status, outcome.attributes?.attempts], ['refused', 2]);
  assert.equal(outcome.machine, undefined);
});

test('the agent’s errors, time-outs and broken answers are errors', async (t) => {
  const { trail, routes, port } = await audited(t, { firstByteTimeoutMs: 300 });
  const upstream = await startUpstream(t, (incoming, response) => {
    if (incoming.url === '/500') response.writeHead(500).end('no');
    else if (incoming.url === '/break') {
      response.write('begun');
      setTimeout(() => response.destroy(), 20);
    }
  });
  routes.set('desk', { ports: [upstream.port] });
  assert.equal((await call(port, { path: '/agents/desk/500' })).status, 500);
  assert.equal((await call(port, { path: '/agents/desk/late' })).status, 504);
  await assert.rejects(call(port, { path: '/agents/desk/break' }));
  const outcomes = [await ended(trail, 0), await ended(trail, 1), await ended(trail, 2)];
  assert.deepEqual(
    outcomes.map(({ outcome }) => [
      ...[outcome.status, outcome.error?.code, outcome.attributes?.statusCode, outcome.bytes?.out],
    ]),
    [
      ['error', undefined, 500, 2],
      ['error', 'agent_timeout', 504, 0],
      ['error', 'agent_closed_connection', 200, 5],
    ],
  );
});

test('a caller who leaves: in the stream, before the intent is durable', async (t) => {
  const { trail, routes, port, gateway } = await audited(t);
  const upstream = await startUpstream(t, (_incoming, response) => void response.write('first'));
  routes.set('desk', { ports: [upstream.port] });
  const reading = request({ host: '127.0.0.1', port, path: '/agents/desk' }).end();
  const [answer] = await once(reading, 'response');
  await once(answer, 'data');
  answer.on('error', () => undefined);
  reading.on('error', () => undefined).destroy();
  const { outcome } = await ended(trail, 0);
  assert.deepEqual([outcome.status, outcome.error?.code], ['error', 'caller_left']);
  assert.deepEqual([outcome.bytes?.out, outcome.attributes?.statusCode], [5, 200]);
  trail.held = true;
  const waiting = request({ host: '127.0.0.1', port, path: '/agents/desk' }).end();
  waiting.on('error', () => undefined);
  await waitUntil(() => trail.events.length === 2, { timeoutMs: 5_000 });
  waiting.destroy();
  assert.ok(
    await waitUntil(() => gateway.inFlight(`m${upstream.port}`) === 0, { timeoutMs: 5_000 }),
  );
  trail.release();
  const left = (await ended(trail, 1)).outcome;
  assert.deepEqual(
    [left.error?.code, left.machine, left.attributes?.attempts],
    [...['caller_left', undefined, undefined]],
  );
});

test('bodies stream through unbroken and are kept up to the bound', async (t) => {
  const { trail, routes, port } = await audited(t);
  const upstream = await startUpstream(t, (incoming, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' });
    incoming.pipe(response);
  });
  const payloads = {
    policy: 'full',
    maxBytes: 1_000,
    redactPaths: [],
    redactPatterns: [],
  } as const;
  routes.set('desk', { ports: [upstream.port], payloads });
  const body = Array.from({ length: 200_000 }, (_, i) => `${i}\n`).join('');
  const headers = { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' };
  const answer = await call(port, { method: 'POST', headers, body });
  assert.equal(answer.body, body);
  const { outcome } = await ended(trail);
  assert.deepEqual(outcome.bytes, { in: body.length, out: body.length });
  const { request: sent, response: got } = outcome.captured ?? assert.fail('nothing was captured');
  assert.equal(Buffer.from(sent?.head ?? []).toString(), body.slice(0, 1_000));
  assert.equal(Buffer.from(got?.head ?? []).toString(), body.slice(0, 1_000));
  assert.deepEqual([sent?.contentType, got?.contentType], ['text/plain', 'text/event-stream']);
  assert.equal(got?.contentEncoding, 'gzip');
});

test('a slow reader slows the agent down, with the log on as without it', async (t) => {
  const { trail, routes, port } = await audited(t);
  let written = 0;
  const upstream = await startUpstream(t, (_incoming, response) => {
    const chunk = Buffer.alloc(65_536);
    const more = () => {
      while (written < 64 * 1024 * 1024 && response.write(chunk)) written += chunk.length;
      response.once('drain', more);
    };
    more();
  });
  routes.set('desk', { ports: [upstream.port] });
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write('GET /agents/desk HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'readable');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken in`);
  socket.destroy();
  assert.equal((await ended(trail)).outcome.error?.code, 'caller_left');
});

test('the trace goes from the caller through the event to the agent', async (t) => {
  const { trail, routes, port } = await audited(t);
  const upstream = await startUpstream(t, ({ headers }, response) => {
    response.end(JSON.stringify([headers.traceparent, headers.tracestate]));
  });
  routes.set('desk', { ports: [upstream.port] });
  const [run, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const given = { traceparent: `00-${run}-${parent}-01`, tracestate: 'a=1' };
  const answer = await call(port, { headers: given });
  const { draft } = await ended(trail);
  assert.deepEqual([draft.run, draft.parent, answer.headers['swarm-run']], [run, parent, run]);
  assert.deepEqual(JSON.parse(answer.body), [`00-${run}-${draft.span}-01`, 'a=1']);
  const bad = await call(port, { headers: { traceparent: `00-${run}-0-01`, tracestate: 'a=1' } });
  const fresh = (await ended(trail, 1)).draft;
  assert.notEqual(fresh.run, run);
  assert.equal(fresh.parent, undefined);
  assert.deepEqual(JSON.parse(bad.body), [`00-${fresh.run}-${fresh.span}-01`, null]);
});

test('an upgrade is one event from begin to end, by whoever ends it', async (t) => {
  const { trail, routes, port } = await audited(t);
  const { port: agentPort, server } = await startUpstream(t, (_incoming, response) =>
    response.end(),
  );
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  routes.set('desk', { ports: [agentPort] });
  trail.held = true;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/agents/desk/ws?x=1`);
  await waitUntil(() => trail.events.length === 1, { timeoutMs: 5_000 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(sockets.clients.size, 0);
  trail.release();
  await once(socket, 'open');
  socket.send('hello');
  await once(socket, 'message');
  assert.equal(trail.events[0]?.outcome, undefined);
  socket.close(1000);
  const { draft, outcome } = await ended(trail);
  assert.equal(draft.kind, 'gateway.upgrade');
  assert.deepEqual([outcome.status, outcome.attributes?.statusCode], ['ok', 101]);
  assert.equal(outcome.attributes?.path, '/ws');
  // A masked frame of 5 bytes has 11, one without a mask 7; the closing frames come on top.
  assert.ok((outcome.bytes?.in ?? 0) >= 11 && (outcome.bytes?.out ?? 0) >= 7);
  assert.ok((outcome.bytes?.in ?? 0) < 100 && (outcome.bytes?.out ?? 0) < 100);
  assert.equal(outcome.captured, undefined);
  const broken = new WebSocket(`ws://127.0.0.1:${port}/agents/desk/ws`);
  await once(broken, 'open');
  broken.on('error', () => undefined);
  server.closeAllConnections();
  for (const client of sockets.clients) client.terminate();
  assert.equal((await ended(trail, 1)).outcome.attributes?.statusCode, 101);
});

test('an upgrade that the agent declines or does not answer', async (t) => {
  const { trail, routes, port } = await audited(t);
  const silent = await startRawUpstream(t, (socket) => {
    socket.once('data', () => socket.destroy());
  });
  const { port: plain } = await startUpstream(t, (_incoming, response) => {
    response.writeHead(403).end('no');
  });
  for (const [agentPort, status] of [
    [plain, 403],
    [silent, 502],
  ] as const) {
    routes.set('desk', { ports: [agentPort] });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/agents/desk`);
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    assert.equal(response.statusCode, status);
    socket.terminate();
  }
  const [declined, broken] = [await ended(trail, 0), await ended(trail, 1)];
  assert.deepEqual(
    [declined, broken].map(({ outcome }) => [outcome.status, outcome.attributes?.statusCode]),
    [
      ['error', 403],
      ['error', 502],
    ],
  );
  assert.equal(broken.outcome.error?.code, 'agent_closed_connection');
});

test('closing the gateway ends every event', async (t) => {
  const { trail, routes, port, gateway } = await audited(t);
  const upstream = await startUpstream(t, (_incoming, response) => void response.write('x'));
  routes.set('desk', { ports: [upstream.port], concurrency: { hardLimit: 1, queue: 1 } });
  const answers = [call(port), call(port)].map((answer) => answer.catch(() => undefined));
  await waitUntil(() => trail.events.length === 2, { timeoutMs: 5_000 });
  await gateway.close();
  await Promise.all(answers);
  const statuses = [(await ended(trail, 0)).outcome.status, (await ended(trail, 1)).outcome.status];
  assert.deepEqual(statuses.sort(), ['error', 'refused']);
});
