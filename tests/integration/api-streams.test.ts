/** Events, logs, waits and commands: answers that take their time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { encodeFrame, readFrames } from '../../src/api/exec-frames.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { createClient, type SwarmClient } from '../../src/contracts/client.ts';
import { EXEC_FRAME, type GuestExecSpec } from '../../src/contracts/guest.ts';
import type { DeploymentEvent, LogRecordResource } from '../../src/contracts/resources.ts';
import { createFakeHost } from '../../src/machines/machines.ts';
import { type ApiStage, deployBody, openApiStage } from './api-stage.ts';

const TIMEOUT_MS = 20_000;
const host = createFakeHost();
let stage: ApiStage;
before(async () => {
  stage = await openApiStage({
    machines: { host },
    parts: { streamTimes: { pingMs: 50, stallMs: 300 } },
  });
});
after(() => stage.close());

/** A way to swarmd that can be cut, as networks do. */
async function openDetour(): Promise<{ client: SwarmClient; cut(): void; close(): void }> {
  const { hostname, port } = new URL(stage.url);
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), hostname);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    client: createClient({ url: `http://127.0.0.1:${address.port}`, token: stage.token }),
    cut,
    close() {
      cut();
      server.close();
    },
  };
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

test('a deployment tells its events to the end, from the first or from any', async () => {
  const { id } = await stage.client.deploy(deployBody('events'));
  const events = await collect(stage.client.deploymentEvents(id));
  const numbers = events.map(({ seq }) => seq);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  const last = events.at(-1);
  assert.ok(last?.type === 'finished' && last.deployment.state === 'succeeded');
  assert.ok(events.some((event) => event.type === 'log' && event.from === 'build'));
  const middle = numbers[Math.floor(numbers.length / 2)] ?? 0;
  const rest = await collect(stage.client.deploymentEvents(id, { afterSeq: middle }));
  assert.deepEqual(
    rest.map(({ seq }) => seq),
    numbers.filter((seq) => seq > middle),
  );
  const odd = await stage.call('GET', `/v1/deployments/${id}/events`, {
    headers: { 'last-event-id': 'x' },
  });
  assert.deepEqual([odd.status, odd.json.code], [400, 'last_event_id_invalid']);
});

test('a reader whose connection breaks misses nothing and hears nothing twice', async () => {
  const detour = await openDetour();
  const held = Promise.withResolvers<void>();
  stage.images.hold = held.promise;
  try {
    const { id } = await detour.client.deploy(deployBody('resumed'));
    const heard: DeploymentEvent[] = [];
    for await (const event of detour.client.deploymentEvents(id)) {
      heard.push(event);
      if (event.type === 'log' && event.from === 'build') {
        detour.cut();
        held.resolve();
      }
    }
    const all = await collect(stage.client.deploymentEvents(id));
    assert.deepEqual(heard, all);
    assert.equal(heard.at(-1)?.type, 'finished');
  } finally {
    stage.images.hold = undefined;
    held.resolve();
    detour.close();
  }
});

test('a wait ends when the deployment does, or when its time is up', async () => {
  const held = Promise.withResolvers<void>();
  stage.images.hold = held.promise;
  const { id } = await stage.client.deploy(deployBody('waited'));
  const early = await stage.client.waitForDeployment(id, { timeoutMs: 100 });
  assert.deepEqual([early.finished, early.deployment.state], [false, 'running']);
  held.resolve();
  stage.images.hold = undefined;
  const late = await stage.client.waitForDeployment(id, { timeoutMs: TIMEOUT_MS });
  assert.deepEqual([late.finished, late.deployment.state], [true, 'succeeded']);
  const agent = await stage.client.waitForAgent('waited', {
    state: 'running',
    timeoutMs: TIMEOUT_MS,
  });
  assert.equal(agent.reached, true);
  const not = await stage.client.waitForAgent('waited', { state: 'failed', timeoutMs: 50 });
  assert.deepEqual([not.reached, not.agent?.state], [false, 'running']);
});

test('a deployment can be cancelled while it builds', async () => {
  stage.images.hold = new Promise(() => undefined);
  try {
    const { id } = await stage.client.deploy(deployBody('cancelled'));
    await stage.client.cancelDeployment(id);
    const { deployment } = await stage.client.waitForDeployment(id, { timeoutMs: TIMEOUT_MS });
    assert.equal(deployment.state, 'cancelled');
  } finally {
    stage.images.hold = undefined;
  }
});

test('a preview says what would change, and changes nothing', async () => {
  const preview = await stage.client.previewDeployment(deployBody('preview'));
  assert.equal(preview.exists, false);
  await assert.rejects(stage.client.agent('preview'), { code: 'agent_not_found' });
});

test('agents come in pages, by name', async () => {
  for (const name of ['page-b', 'page-a', 'page-c']) await stage.deploy(name);
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await stage.client.agents({ limit: 2, ...(cursor && { cursor }) });
    assert.ok(page.items.length <= 2);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  assert.deepEqual(names, [...new Set(names)].sort());
  assert.ok(names.includes('page-a') && names.includes('page-c'));
});

test('a watch tells the state, its changes, and that an agent is gone', async () => {
  await stage.deploy('watched');
  const stop = new AbortController();
  let gone = false;
  for await (const event of stage.client.watch({ agent: 'watched', signal: stop.signal })) {
    if (event.type === 'agent_deleted') {
      gone = true;
      stop.abort();
    } else if (event.agent.state === 'running') {
      await stage.client.deleteAgent('watched').catch(() => undefined);
    }
  }
  assert.ok(gone);
  const answer = await stage.client.waitForAgent('watched', {
    state: 'deleted',
    timeoutMs: TIMEOUT_MS,
  });
  assert.deepEqual(answer, { reached: true, agent: null });
});

test('logs of all replicas are one stream in order of time', async () => {
  await stage.deploy('chatty', { replicas: 2 });
  const ids = (await stage.client.machines('chatty')).items.map(({ id }) => id);
  assert.equal(ids.length, 2);
  for (let i = 0; i < 10; i++) {
    stage.machines.say(ids[i % 2] ?? '', `line ${i}`, i % 5 === 0 ? 'stderr' : 'stdout');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const texts = async (options: Parameters<SwarmClient['logs']>[1] = {}) =>
    (await collect(stage.client.logs('chatty', options))).map(({ text }) => text);
  const all = Array.from({ length: 10 }, (_, i) => `line ${i}`);
  assert.deepEqual(await texts(), all);
  assert.deepEqual(await texts({ tail: 3 }), all.slice(-3));
  assert.deepEqual(await texts({ tail: 0 }), []);
  assert.deepEqual(await texts({ stream: 'stderr', tail: 1 }), ['line 5']);
  assert.deepEqual(await texts({ since: '1h' }), all);
  assert.deepEqual(await texts({ since: '2999-01-01T00:00:00Z' }), []);
  assert.equal((await texts({ replica: 0 })).length, 5);
  await assert.rejects(texts({ since: 'yesterday' }), { code: 'request_invalid' });
});

test('followed logs go on, in machines that come later too', async () => {
  await stage.deploy('followed');
  const first = (await stage.client.machines('followed')).items[0]?.id ?? '';
  stage.machines.say(first, 'before');
  const stop = new AbortController();
  const heard: LogRecordResource[] = [];
  for await (const line of stage.client.logs('followed', { follow: true, signal: stop.signal })) {
    heard.push(line);
    if (line.text === 'before') stage.machines.say(first, 'while');
    if (line.text === 'while') {
      await stage.client.killMachine(first);
      const next = await waitUntil(
        async () =>
          (await stage.client.machines('followed')).items.find(({ id }) => id !== first)?.id,
        { timeoutMs: TIMEOUT_MS },
      );
      await waitUntil(() => host.machines.has(next ?? ''), { timeoutMs: TIMEOUT_MS });
      stage.machines.say(next ?? '', 'after');
    }
    if (line.text === 'after') stop.abort();
  }
  assert.deepEqual(
    heard.map(({ text }) => text),
    ['before', 'while', 'after'],
  );
});

test('a reader that does not read is cut off, and the others go on', async () => {
  await stage.deploy('flood');
  const id = (await stage.client.machines('flood')).items[0]?.id ?? '';
  for (let i = 0; i < 20_000; i++) stage.machines.say(id, `${i} ${'x'.repeat(1_000)}`);
  const { hostname, port } = new URL(stage.url);
  const before = await stage.connections();
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(
    `GET /v1/agents/flood/logs HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${stage.token}\r\n\r\n`,
  );
  try {
    const opened = await waitUntil(async () => (await stage.connections()) > before, {
      timeoutMs: TIMEOUT_MS,
    });
    assert.ok(opened);
    const cut = await waitUntil(async () => (await stage.connections()) <= before, {
      timeoutMs: TIMEOUT_MS,
    });
    assert.ok(cut, 'the connection is still open');
    assert.equal((await collect(stage.client.logs('flood', { tail: 5 }))).length, 5);
  } finally {
    socket.destroy();
  }
});

/** Guestd's side of a command that says its arguments, then echoes its input. */
function echoCommand(spec: GuestExecSpec): Duplex {
  const duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      received.push(chunk);
      done();
    },
    final(done) {
      done();
    },
  });
  const received: Buffer[] = [];
  duplex.push(encodeFrame(EXEC_FRAME.stdout, Buffer.from(JSON.stringify(spec))));
  const answer = async () => {
    for (;;) {
      const chunk = received.shift();
      if (chunk === undefined) {
        if (duplex.destroyed) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      for await (const { type, payload } of readFrames(oneChunk(chunk))) {
        if (type === EXEC_FRAME.stdin) duplex.push(encodeFrame(EXEC_FRAME.stderr, payload));
        if (type === EXEC_FRAME.stdinEnd)
          duplex.push(encodeFrame(EXEC_FRAME.exit, Buffer.from('{"exitCode":3,"signal":null}')));
      }
    }
  };
  void answer();
  return duplex;
}

async function* oneChunk(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}

test('a command gets its input and gives its output and exit code', async () => {
  await stage.deploy('shell', { env: { GREETING: 'hello' } });
  stage.machines.exec = async (_machineId, spec) => echoCommand(spec);
  const session = await stage.client.exec('shell', { argv: ['cat', '-'], env: { MORE: '1' } });
  await session.write(Buffer.from('x'.repeat(200_000)));
  session.endInput();
  const output = await collect(session.output);
  const text = (type: string) =>
    output
      .flatMap((item) => (item.type === type && 'data' in item ? [item.data.toString()] : []))
      .join('');
  const spec = JSON.parse(text('stdout')) as GuestExecSpec;
  assert.deepEqual(spec.argv, ['cat', '-']);
  assert.equal(spec.env.GREETING, 'hello');
  assert.equal(spec.env.MORE, '1');
  assert.equal(text('stderr').length, 200_000);
  assert.deepEqual(output.at(-1), { type: 'exit', exitCode: 3, signal: null });
});

test('a caller that goes is noticed although the command does not read its input', async () => {
  let command: Duplex | undefined;
  stage.machines.exec = async () => {
    command = new Duplex({ read: () => undefined, write: () => undefined });
    return command;
  };
  const socket = new WebSocket(`${stage.url.replace('http', 'ws')}/v1/agents/shell/exec`, {
    headers: { authorization: `Bearer ${stage.token}` },
  });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(JSON.stringify({ argv: ['sleep', '1000'] }));
  const input = Buffer.concat([Buffer.of(EXEC_FRAME.stdin), Buffer.alloc(60_000)]);
  for (let sent = 0; sent < 10; sent++) socket.send(input);
  assert.ok(await waitUntil(() => command?.writableNeedDrain, { timeoutMs: 10_000 }));
  socket.terminate();
  assert.ok(await waitUntil(() => command?.destroyed, { timeoutMs: 20_000 }));
});

test('a command that cannot be started says why', async () => {
  await stage.deploy('asleep', { replicas: 0 }).catch(() => undefined);
  await assert.rejects(stage.client.exec('nobody', { argv: ['sh'] }), { code: 'agent_not_found' });
  const session = await stage.client.exec('shell', { argv: ['sh'], replica: 7 });
  await assert.rejects(collect(session.output), { code: 'replica_not_found' });
  const empty = await stage.client.exec('shell', { argv: [] });
  await assert.rejects(collect(empty.output), { code: 'exec_start_invalid' });
  const intruder = createClient({ url: stage.url, token: 'nonsense' });
  await assert.rejects(intruder.exec('shell', { argv: ['sh'] }), { code: 'token_malformed' });
  const plain = await stage.call('GET', '/v1/agents/shell/exec');
  assert.deepEqual([plain.status, plain.json.code], [426, 'upgrade_required']);
});

test('what comes in one piece with the command is its input', async () => {
  stage.machines.exec = async (_machineId, spec) => echoCommand(spec);
  const socket = new WebSocket(`${stage.url.replace('http', 'ws')}/v1/agents/shell/exec`, {
    headers: { authorization: `Bearer ${stage.token}` },
  });
  const messages: Buffer[] = [];
  const ended = once(socket, 'close');
  socket.on('message', (data: Buffer) => messages.push(data));
  socket.on('upgrade', (response) => response.socket.cork());
  socket.on('open', () => {
    socket.send(JSON.stringify({ argv: ['cat'], tty: false }));
    socket.send(Buffer.concat([Buffer.of(EXEC_FRAME.stdin), Buffer.from('early')]));
    socket.send(Buffer.of(EXEC_FRAME.stdinEnd));
    const wire = Reflect.get(socket, '_socket') as Socket;
    wire.uncork();
  });
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000))]);
  socket.terminate();
  assert.deepEqual(
    messages.map((message) => message[0]),
    [EXEC_FRAME.stdout, EXEC_FRAME.stderr, EXEC_FRAME.exit],
  );
});
