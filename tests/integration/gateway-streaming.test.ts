import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import {
  call,
  problemCode,
  rawCall,
  startRawUpstream,
  startStage,
  startUpstream,
} from './gateway-stage.ts';

test('each part of a stream arrives before the next is made, in both directions', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (incoming, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    incoming.on('data', (chunk) => response.write(`data: ${chunk}\n\n`));
    incoming.on('end', () => response.end());
  });
  stage.routes.set('desk', { ports: [port] });
  const outgoing = request({
    ...{ host: '127.0.0.1', port: stage.port, path: '/agents/desk/chat', method: 'POST' },
  });
  outgoing.write('one');
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  incoming.setEncoding('utf8');
  // The next part is sent only when the one before has come back.
  for (const part of ['one', 'two', 'three']) {
    if (part !== 'one') outgoing.write(part);
    const [event] = await once(incoming, 'data');
    assert.equal(event, `data: ${part}\n\n`);
  }
  outgoing.end();
  await once(incoming, 'end');
});

test('trailers of an answer follow it', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (_incoming, response) => {
    response.writeHead(200, { Trailer: 'X-Sum' });
    response.write('body');
    response.addTrailers({ 'X-Sum': '42' });
    response.end();
  });
  stage.routes.set('desk', { ports: [port] });
  const answer = await call(stage.port);
  assert.equal(answer.body, 'body');
  assert.equal(answer.trailers['x-sum'], '42');
});

test('HEAD, 204, 304 and empty answers have no body and keep their headers', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (incoming, response) => {
    const status = Number(incoming.url?.slice(1));
    response.writeHead(status, status === 200 ? { 'Content-Length': 5 } : { ETag: '"x"' });
    response.end(incoming.method === 'HEAD' || status !== 200 ? undefined : 'hello');
  });
  stage.routes.set('desk', { ports: [port] });
  const head = await call(stage.port, { method: 'HEAD', path: '/agents/desk/200' });
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', '']);
  for (const status of [204, 304]) {
    const answer = await call(stage.port, { path: `/agents/desk/${status}` });
    assert.deepEqual([answer.status, answer.headers.etag, answer.body], [status, '"x"', '']);
  }
});

test('100-continue: the body is asked for, and arrives', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (incoming, response) => {
    assert.equal(incoming.headers.expect, undefined);
    incoming.pipe(response);
  });
  stage.routes.set('desk', { ports: [port] });
  const outgoing = request({
    ...{ host: '127.0.0.1', port: stage.port, path: '/agents/desk', method: 'POST' },
    headers: { Expect: '100-continue', 'Content-Length': 4 },
  });
  outgoing.flushHeaders();
  await once(outgoing, 'continue');
  outgoing.end('body');
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  assert.equal((await incoming.toArray()).join(''), 'body');
});

test('a large upload arrives whole, and is held back when the agent does not read', async (t) => {
  const stage = await startStage(t);
  let pausedAt = 0;
  let resumeReading: () => void = () => undefined;
  const hash = createHash('sha256');
  const { port } = await startUpstream(t, (incoming, response) => {
    resumeReading = () => {
      incoming.on('data', (chunk) => hash.update(chunk));
      incoming.on('end', () => response.end(hash.digest('hex')));
    };
  });
  stage.routes.set('desk', { ports: [port] });
  const bytes = 64 * 1024 * 1024;
  const chunk = Buffer.alloc(1024 * 1024, 7);
  const outgoing = request({
    ...{ host: '127.0.0.1', port: stage.port, path: '/agents/desk', method: 'POST' },
    headers: { 'Content-Length': bytes },
  });
  let sent = 0;
  const write = () => {
    while (sent < bytes) {
      sent += chunk.length;
      if (!outgoing.write(chunk)) break;
    }
    if (sent < bytes) outgoing.once('drain', write);
    else outgoing.end();
  };
  write();
  // Nobody reads: the sender comes to a stop well before the end.
  await waitUntil(
    () => {
      const stopped = pausedAt === sent && sent > 0;
      pausedAt = sent;
      return stopped;
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  );
  assert.ok(sent < bytes, 'all of the upload was taken although nobody reads it');
  resumeReading();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const whole = createHash('sha256');
  for (let i = 0; i < bytes; i += chunk.length) whole.update(chunk);
  assert.equal((await incoming.toArray()).join(''), whole.digest('hex'));
});

test('an answer is held back when the caller does not read', async (t) => {
  const stage = await startStage(t);
  const bytes = 64 * 1024 * 1024;
  let written = 0;
  const { port } = await startUpstream(t, (_incoming, response) => {
    const chunk = Buffer.alloc(1024 * 1024);
    const write = () => {
      while (written < bytes) {
        written += chunk.length;
        if (!response.write(chunk)) break;
      }
      if (written < bytes) response.once('drain', write);
      else response.end();
    };
    write();
  });
  stage.routes.set('desk', { ports: [port] });
  const outgoing = request({ host: '127.0.0.1', port: stage.port, path: '/agents/desk' });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let before = 0;
  await waitUntil(
    () => {
      const stopped = before === written;
      before = written;
      return stopped;
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  );
  assert.ok(written < bytes, 'all of the answer was taken although nobody reads it');
  let read = 0;
  for await (const chunk of incoming) read += (chunk as Buffer).length;
  assert.equal(read, bytes);
});

test('a caller who leaves ends the call at the machine', async (t) => {
  const stage = await startStage(t);
  const ended: string[] = [];
  const { port } = await startUpstream(t, (incoming, response) => {
    response.on('close', () => ended.push(incoming.url ?? ''));
    if (incoming.url === '/streaming') response.write('begun');
  });
  stage.routes.set('desk', { ports: [port] });
  for (const path of ['/waiting', '/streaming']) {
    const outgoing = request({
      ...{ host: '127.0.0.1', port: stage.port, path: `/agents/desk${path}` },
    });
    outgoing.on('error', () => undefined);
    outgoing.end();
    if (path === '/streaming') {
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      incoming.on('error', () => undefined);
      await once(incoming, 'data');
    } else await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 1, { timeoutMs: 5_000 });
    outgoing.destroy();
    assert.ok(await waitUntil(() => ended.includes(path), { timeoutMs: 5_000 }), path);
    assert.ok(
      await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }),
    );
  }
});

test('a caller who leaves in the middle of an upload ends the call at the machine', async (t) => {
  const stage = await startStage(t);
  let aborted = false;
  let begun = false;
  const { port } = await startUpstream(t, (incoming) => {
    incoming.on('data', () => {
      begun = true;
    });
    incoming.on('error', () => {
      aborted = true;
    });
  });
  stage.routes.set('desk', { ports: [port] });
  const outgoing = request({
    ...{ host: '127.0.0.1', port: stage.port, path: '/agents/desk', method: 'POST' },
  });
  outgoing.on('error', () => undefined);
  outgoing.write('part');
  assert.ok(await waitUntil(() => begun, { timeoutMs: 5_000 }));
  outgoing.destroy();
  assert.ok(await waitUntil(() => aborted, { timeoutMs: 5_000 }));
  assert.ok(await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }));
});

const brokenOff: [name: string, head: string][] = [
  ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart'],
];
for (const [name, bytes] of brokenOff)
  test(`an answer that breaks off (${name}) cannot be taken for a whole one`, async (t) => {
    const stage = await startStage(t);
    const port = await startRawUpstream(t, (socket) => {
      socket.once('data', () => socket.end(bytes));
    });
    stage.routes.set('desk', { ports: [port] });
    await assert.rejects(call(stage.port), { code: 'ECONNRESET' });
    // HTTP/1.0 has no chunks: only a reset tells.
    const old = await rawCall(stage.port, 'GET /agents/desk HTTP/1.0\r\n\r\n');
    assert.ok(old.broken || /content-length: 10/i.test(old.text), old.text);
    assert.equal(stage.gateway.inFlight(`m${port}`), 0);
  });

test('an answer that comes before the upload has ended is passed on', async (t) => {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (_incoming, response) => {
    response.writeHead(413, { Connection: 'close' }).end('too large');
  });
  stage.routes.set('desk', { ports: [port] });
  const outgoing = request({
    ...{ host: '127.0.0.1', port: stage.port, path: '/agents/desk', method: 'POST' },
  });
  outgoing.on('error', () => undefined);
  outgoing.write('first part');
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  assert.equal(incoming.statusCode, 413);
  assert.equal((await incoming.toArray()).join(''), 'too large');
  outgoing.destroy();
  assert.ok(await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }));
});

test('an agent that is silent for too long: before its answer 504, within it a broken answer', async (t) => {
  const stage = await startStage(t, { firstByteTimeoutMs: 200, idleTimeoutMs: 200 });
  const { port } = await startUpstream(t, (incoming, response) => {
    if (incoming.url === '/streaming') response.write('begun');
  });
  stage.routes.set('desk', { ports: [port] });
  const silent = await call(stage.port);
  assert.equal(silent.status, 504);
  assert.equal(problemCode(silent), 'agent_timeout');
  await assert.rejects(call(stage.port, { path: '/agents/desk/streaming' }), {
    code: 'ECONNRESET',
  });
});
