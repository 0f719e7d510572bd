import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { waitUntil } from '../../src/base/wait.ts';
import {
  call,
  problemCode,
  rawCall,
  startRawUpstream,
  startStage,
  startUpstream,
} from './gateway-stage.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const malformed: [name: string, bytes: string][] = [
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['another version', 'HTTP/9.9 200 OK\r\n\r\n'],
  ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 Low\r\nContent-Length: 2\r\n\r\nok'],
  ['a status above 599', 'HTTP/1.1 999 High\r\nContent-Length: 2\r\n\r\nok'],
  ['the status 000', 'HTTP/1.1 000 Zero\r\nContent-Length: 2\r\n\r\nok'],
  ['an upgrade nobody asked for', 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  ['headers that are too large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\nok`],
  ['too many headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}\r\nok`],
  [
    'two framings',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
  ['a NUL in a header', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok'],
];
for (const [name, bytes] of malformed)
  test(`an answer with ${name} is refused`, async (t) => {
    const stage = await startStage(t);
    const port = await startRawUpstream(t, (socket) => {
      socket.once('data', () => socket.end(bytes, 'latin1'));
    });
    stage.routes.set('desk', { ports: [port] });
    const answer = await call(stage.port);
    assert.equal(answer.status, 502, answer.body);
    assert.equal(problemCode(answer), 'agent_bad_response');
    assert.ok(
      await waitUntil(() => stage.gateway.inFlight(`m${port}`) === 0, { timeoutMs: 5_000 }),
    );
  });

test('interim answers without end are refused, and cost no time for long', async (t) => {
  const stage = await startStage(t);
  const port = await startRawUpstream(t, (socket) => {
    const flood = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000);
    const pour = () => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.once('data', pour).on('drain', pour);
  });
  stage.routes.set('desk', { ports: [port] });
  assert.equal(problemCode(await call(stage.port)), 'agent_bad_response');
});

test('what an agent sends behind its answer is nobody’s answer', async (t) => {
  const stage = await startStage(t);
  const port = await startRawUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.write(OK);
      setImmediate(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'));
    });
  });
  stage.routes.set('desk', { ports: [port] });
  for (let i = 0; i < 5; i++) assert.notEqual((await call(stage.port)).body, 'poison');
});

test('interim answers do not hide the final one', async (t) => {
  const stage = await startStage(t);
  const port = await startRawUpstream(t, (socket) => {
    socket.on('data', () => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`));
  });
  stage.routes.set('desk', { ports: [port] });
  const answer = await call(stage.port);
  assert.deepEqual([answer.status, answer.body, answer.headers.link], [200, 'ok', undefined]);
});

const smuggling: [name: string, head: string][] = [
  ['both framings', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
  ['two lengths', 'Content-Length: 4\r\nContent-Length: 5'],
  ['a length with a sign', 'Content-Length: +4'],
  ['an unknown encoding', 'Transfer-Encoding: gzip, chunked'],
  ['an encoding that is not last', 'Transfer-Encoding: chunked, identity'],
  ['an encoding in disguise', 'Transfer-Encoding: xchunked'],
  ['a folded header', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 4'],
];
for (const [name, head] of smuggling)
  test(`a request with ${name} is refused, and the machine sees nothing`, async (t) => {
    const stage = await startStage(t);
    let seen = 0;
    const { port } = await startUpstream(t, (_incoming, response) => {
      seen++;
      response.end();
    });
    stage.routes.set('desk', { ports: [port] });
    const { text } = await rawCall(
      stage.port,
      `POST /agents/desk HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${head}\r\n\r\n0\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.equal(seen, 0);
  });

test('a path with bytes that do not belong there is passed on or refused, never cut', async (t) => {
  const stage = await startStage(t);
  const urls: (string | undefined)[] = [];
  const { port } = await startUpstream(t, (incoming, response) => {
    urls.push(incoming.url);
    response.end('ok');
  });
  stage.routes.set('desk', { ports: [port] });
  for (const path of ['/\xff', '/\xe2\x82\xac', '/a\tb', '/a"b<c>', '/a#b', '/a\\b']) {
    const { text } = await rawCall(
      stage.port,
      `GET /agents/desk${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    const passed = urls.pop();
    if (passed === undefined) assert.match(text, /^HTTP\/1\.1 400 /, path);
    else assert.equal(passed, path);
    assert.equal(stage.gateway.inFlight(`m${port}`), 0);
  }
});

test('Connection cannot take the framing off a request', async (t) => {
  const stage = await startStage(t);
  let body = '';
  const { port } = await startUpstream(t, async (incoming, response) => {
    body = (await incoming.toArray()).join('');
    response.end('ok');
  });
  stage.routes.set('desk', { ports: [port] });
  const { text } = await rawCall(
    stage.port,
    'POST /agents/desk HTTP/1.1\r\nHost: localhost\r\nConnection: close, Content-Length, Host\r\nContent-Length: 4\r\n\r\nbody',
  );
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.equal(body, 'body');
});

/** Pieces of answers, so that chance comes further than the first line. */
const piece = fc.oneof(
  fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n',
    'HTTP/1.1 204 No\r\n',
    'HTTP/1.1 099 Low\r\n',
    'HTTP/1.1 199 Interim\r\n\r\n',
    'HTTP/1.1 999 High\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 99999999999999999999\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Connection: keep-alive, content-length\r\n',
    'Keep-Alive: timeout=99999999999\r\n',
    'Trailer: X\r\n',
    'Set-Cookie: a=\xff\r\n',
    '\r\n',
    '5\r\nhello\r\n',
    '0\r\n',
    'ffffffffffffffff\r\n',
    'X: y\r\n',
    ': no name\r\n',
  ),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const answerBytes = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
const PLAIN = 'GET /agents/desk HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const UPGRADE =
  'GET /agents/desk HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n';

for (const [name, requestText] of [
  ['a call', PLAIN],
  ['an upgrade', UPGRADE],
] as const)
  test(`${name}: whatever bytes a machine answers, the caller gets HTTP or a closed connection`, async (t) => {
    const stage = await startStage(t, { firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000 });
    let bytes = '';
    const port = await startRawUpstream(t, (socket) => {
      socket.once('data', () => socket.end(bytes, 'latin1'));
    });
    const good = await startUpstream(t, (_incoming, response) => response.end('ok'));
    stage.routes.set('desk', { ports: [port] });
    stage.routes.set('good', { ports: [good.port] });
    await fc.assert(
      fc.asyncProperty(answerBytes, async (generated) => {
        bytes = generated;
        const { text } = await rawCall(stage.port, requestText);
        assert.ok(text === '' || /^HTTP\/1\.1 [1-5]\d\d [^\r\n]*\r\n/.test(text), text);
        const idle = () => stage.gateway.inFlight(`m${port}`) === 0;
        assert.ok(await waitUntil(idle, { timeoutMs: 5_000, intervalMs: 1 }));
      }),
      { numRuns: 300 },
    );
    assert.equal((await call(stage.port, { path: '/agents/good' })).body, 'ok');
  });
