import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import {
  call,
  closedPort,
  problemCode,
  rawCall,
  startStage,
  startUpstream,
} from './gateway-stage.ts';

/** Keeps what it gets, and answers when the test says so. */
async function heldUpstream(t: TestContext) {
  const calls: { request: IncomingMessage; response: ServerResponse }[] = [];
  const { port } = await startUpstream(t, (incoming, response) => {
    calls.push({ request: incoming, response });
  });
  return { port, calls };
}

test('a call reaches the machine without its prefix, and the answer its caller', async (t) => {
  const stage = await startStage(t);
  const seen: IncomingMessage[] = [];
  const { port } = await startUpstream(t, (incoming, response) => {
    seen.push(incoming);
    response.writeHead(201, { 'X-Own': 'yes', 'Set-Cookie': ['a=1', 'b=2'] });
    incoming.pipe(response);
  });
  stage.routes.set('desk', { ports: [port] });
  const answer = await call(stage.port, {
    path: '/agents/desk/a%20b?q=1',
    method: 'POST',
    headers: { 'X-Forwarded-For': '6.6.6.6', 'X-Request-Id': 'given-1', 'Swarm-Token': 'x' },
    body: 'hello',
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.body, 'hello');
  assert.equal(answer.headers['x-own'], 'yes');
  assert.equal(answer.headers['x-request-id'], 'given-1');
  assert.equal(answer.headers['swarm-replica'], '0');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  const { headers, url, method } = seen[0] ?? assert.fail('the machine saw no call');
  assert.deepEqual([method, url], ['POST', '/a%20b?q=1']);
  assert.equal(headers['x-forwarded-prefix'], '/agents/desk');
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'http');
  assert.equal(headers['x-forwarded-host'], `127.0.0.1:${stage.port}`);
  assert.equal(headers.host, `127.0.0.1:${stage.port}`);
  assert.equal(headers['swarm-agent'], 'desk');
  assert.equal(headers['swarm-token'], undefined);
});

test('by host name the path stays whole', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (incoming, response) => {
    response.end(`${incoming.url} ${incoming.headers['x-forwarded-prefix']}`);
  });
  stage.routes.set('desk', { ports: [port] });
  const answer = await call(stage.port, {
    path: '/agents/x',
    headers: { Host: 'desk.agents.localhost' },
  });
  assert.equal(answer.body, '/agents/x undefined');
});

test('headers for one hop, and tokens of Swarm, go no further', async (t) => {
  const stage = await startStage(t);
  let seen: string[] = [];
  const { port } = await startUpstream(t, (incoming, response) => {
    seen = incoming.rawHeaders.map((text) => text.toLowerCase());
    response.writeHead(200, {
      Connection: 'keep-alive, X-Private',
      'X-Private': '1',
      'Proxy-Authenticate': 'Basic',
      'Clear-Site-Data': '"*"',
      'Swarm-Replica': '99',
    });
    response.end('ok');
  });
  stage.routes.set('desk', { ports: [port] });
  const token = `swarm_${'0'.repeat(20)}_${'1'.repeat(36)}`;
  const { text } = await rawCall(
    stage.port,
    [
      'GET /agents/desk HTTP/1.1',
      'Host: localhost',
      'Connection: close, X-Hop',
      'X-Hop: 1',
      'TE: trailers',
      'Proxy-Authorization: Basic x',
      'Keep-Alive: timeout=1',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
      `Cookie: token=${token}`,
      'Authorization: Bearer of-the-agent',
      '\r\n',
    ].join('\r\n'),
  );
  for (const name of ['x-hop', 'te', 'proxy-authorization', 'upgrade', 'http2-settings', 'cookie'])
    assert.ok(!seen.includes(name), name);
  assert.ok(seen.includes('bearer of-the-agent'));
  assert.ok(!seen.join(' ').includes('swarm_'));
  assert.match(text, /^HTTP\/1\.1 200/);
  assert.doesNotMatch(text, /x-private|proxy-authenticate|clear-site-data|: 99/i);
});

test('no agent, no machine, no connection: each has its code, and the agent is not blamed', async (t) => {
  const stage = await startStage(t, { connectTimeoutMs: 2_000 });
  const missing = await call(stage.port, { path: '/agents/dsk/' });
  assert.equal(missing.status, 404);
  assert.equal(problemCode(missing), 'agent_not_found');
  assert.match(missing.body, /Did you mean/);
  stage.routes.set('desk', { ports: [], unavailable: 'starting' });
  const starting = await call(stage.port);
  assert.equal(starting.status, 503);
  assert.equal(starting.headers['retry-after'], '1');
  assert.equal(starting.headers['content-type'], 'application/problem+json');
  assert.equal(starting.headers['swarm-replica'], undefined);
  assert.match(starting.body, /starting/);
  stage.routes.set('desk', { ports: [await closedPort(t)] });
  const refused = await call(stage.port, { method: 'POST', body: 'x' });
  assert.equal(refused.status, 503);
  assert.equal(problemCode(refused), 'agent_unavailable');
  await waitUntil(() => inFlightTotal() === 0, { timeoutMs: 5_000 });
  function inFlightTotal() {
    return (stage.routes.route('desk')?.targets ?? []).reduce(
      (sum, target) => sum + stage.gateway.inFlight(target.machineId),
      0,
    );
  }
  assert.equal(inFlightTotal(), 0);
});

test('calls beyond the limit wait in order; a caller who leaves frees its place', async (t) => {
  const stage = await startStage(t);
  const { port, calls } = await heldUpstream(t);
  stage.routes.set('desk', { ports: [port], concurrency: { hardLimit: 1, queue: 2 } });
  const first = call(stage.port, { path: '/agents/desk/1' });
  await waitUntil(() => calls.length === 1, { timeoutMs: 5_000 });
  const second = request({ host: '127.0.0.1', port: stage.port, path: '/agents/desk/2' });
  second.on('error', () => undefined);
  second.end();
  await once(second, 'socket');
  // The queue is full when a fourth is refused.
  const third = queued('/agents/desk/3');
  await waitUntil(async () => (await probe()) === 'queue_full', { timeoutMs: 5_000 });
  second.destroy();
  const fourth = queued('/agents/desk/4');
  calls[0]?.response.end('one');
  assert.equal((await first).body, 'one');
  for (const number of [3, 4]) {
    const seen = await waitUntil(() => calls.find((c) => c.request.url === `/${number}`), {
      timeoutMs: 5_000,
    });
    assert.ok(seen, `call ${number} reached the machine`);
    assert.equal(stage.gateway.inFlight(`m${port}`), 1);
    seen.response.end(String(number));
  }
  assert.deepEqual([await third, await fourth], ['3', '4']);
  assert.ok(!calls.some((c) => c.request.url === '/2'), 'the caller who left was served');

  /** Calls until it is admitted: a place becomes free a moment after a caller has left. */
  async function queued(path: string): Promise<string> {
    for (;;) {
      const answer = await call(stage.port, { path });
      if (answer.status !== 503) return answer.body;
    }
  }
  async function probe(): Promise<string | undefined> {
    const outgoing = request({ host: '127.0.0.1', port: stage.port, path: '/agents/desk/probe' });
    outgoing.on('error', () => undefined);
    outgoing.end();
    const answered = once(outgoing, 'response').then(
      () => 'queue_full',
      () => undefined,
    );
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, 100, undefined));
    const result = await Promise.race([answered, late]);
    outgoing.destroy();
    return result;
  }
});

test('a machine that leaves the routes ends its calls, gets no new ones, and is drained', async (t) => {
  const stage = await startStage(t);
  const [old, young] = [await heldUpstream(t), await heldUpstream(t)];
  stage.routes.set('desk', { ports: [old.port] });
  const first = call(stage.port);
  await waitUntil(() => old.calls.length === 1, { timeoutMs: 5_000 });
  stage.routes.set('desk', { ports: [young.port] });
  const second = call(stage.port);
  await waitUntil(() => young.calls.length === 1, { timeoutMs: 5_000 });
  assert.equal(stage.gateway.inFlight(`m${old.port}`), 1);
  assert.equal(await stage.gateway.drained(`m${old.port}`, { timeoutMs: 5 }), false);
  const drained = stage.gateway.drained(`m${old.port}`, { timeoutMs: 60_000 });
  old.calls[0]?.response.end('old');
  assert.equal(await drained, true);
  young.calls[0]?.response.end('young');
  assert.deepEqual([(await first).body, (await second).body], ['old', 'young']);
  assert.equal(old.calls.length, 1);
});

test('the least loaded machine is taken', async (t) => {
  const stage = await startStage(t);
  const upstreams = [await heldUpstream(t), await heldUpstream(t), await heldUpstream(t)];
  stage.routes.set('desk', { ports: upstreams.map((upstream) => upstream.port) });
  const answers = Array.from({ length: 9 }, () => call(stage.port));
  await waitUntil(() => upstreams.every((u) => u.calls.length === 3), { timeoutMs: 5_000 });
  assert.deepEqual(
    upstreams.map((u) => u.calls.length),
    [3, 3, 3],
  );
  for (const { calls } of upstreams) for (const { response } of calls) response.end();
  await Promise.all(answers);
});
