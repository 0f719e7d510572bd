/** Other sides that are down, slow, lying or broken: each call ends, with a code, settled and told. */
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { EgressOptions } from '../../src/egress/egress.ts';
import { createHostResolver } from '../../src/egress/policy/resolve-host.ts';
import { allow, createStage, exchange, readAll, readHead, type Stage } from './egress-stage.ts';

const HOST = 'api.example.com';
const REQUEST = `GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
const LIMITS = { connectTimeoutMs: 500, firstByteTimeoutMs: 600, idleTimeoutMs: 600 };

async function ask(stage: Stage): Promise<{ status: number; code: string }> {
  const { status, body } = await exchange(stage.proxy(), REQUEST);
  return { status, code: JSON.parse(body.toString()).error.code };
}

async function failing(how: {
  readonly answer?: (socket: Socket) => void;
  readonly options?: Partial<EgressOptions>;
}) {
  const stage = await createStage({ limits: LIMITS, ...how.options });
  stage.policy = allow({ host: HOST, ports: [80, 443] });
  const { answer } = how;
  if (answer !== undefined)
    await stage.serveRaw(HOST, 80, (socket) => socket.once('data', () => answer(socket)));
  return stage;
}

async function assertTold(stage: Stage, code: string): Promise<void> {
  const [event, ...others] = await stage.events(1);
  assert.deepEqual(others, []);
  assert.equal(event?.outcome?.status ?? event?.draft.status, 'error');
  assert.equal((event?.outcome ?? event?.draft)?.error?.code, code);
  assert.ok(stage.settled.length <= 1);
}

test('one that takes no connection', async () => {
  await using stage = await failing({});
  assert.deepEqual(await ask(stage), { status: 502, code: 'egress_unreachable' });
  await assertTold(stage, 'egress_unreachable');
  assert.equal(stage.settled.length, 1);
});

test('one that closes without a word', async () => {
  await using stage = await failing({ answer: (socket) => void socket.destroy() });
  assert.deepEqual(await ask(stage), { status: 502, code: 'egress_closed' });
  await assertTold(stage, 'egress_closed');
});

test('one that never answers', async () => {
  await using stage = await failing({ answer: () => undefined });
  assert.deepEqual(await ask(stage), { status: 504, code: 'egress_timeout' });
  await assertTold(stage, 'egress_timeout');
});

test('one that speaks another language', async () => {
  await using stage = await failing({ answer: (socket) => void socket.end('SSH-2.0-x\r\n') });
  assert.deepEqual(await ask(stage), { status: 502, code: 'egress_bad_response' });
  await assertTold(stage, 'egress_bad_response');
});

test('one with headers without end', async () => {
  await using stage = await failing({
    answer: (socket) => void socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`),
  });
  assert.deepEqual(await ask(stage), { status: 502, code: 'egress_bad_response' });
});

test('one that switches protocols unasked', async () => {
  await using stage = await failing({
    answer: (socket) =>
      void socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  });
  assert.equal((await ask(stage)).status, 502);
});

test('one that floods with interim answers', async () => {
  await using stage = await failing({
    answer: (socket) => void socket.write('HTTP/1.1 103 Early\r\n\r\n'.repeat(500)),
  });
  assert.equal((await ask(stage)).status, 502);
});

test('one that promises more than it sends: the guest’s answer breaks off, too', async () => {
  await using stage = await failing({
    answer: (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
  });
  const guest = stage.proxy();
  guest.write(REQUEST);
  const all = (await readAll(guest, 2_000)).toString();
  assert.match(all, /content-length: 10/i);
  assert.match(all, /\r\n\r\nhalf$/);
  await assertTold(stage, 'egress_closed');
});

test('one that sends more than it promised: the rest is no answer to anything', async () => {
  await using stage = await failing({
    answer: (socket) =>
      void socket.write(
        'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfourHTTP/1.1 200 OK\r\nX: smuggled\r\nContent-Length: 0\r\n\r\n',
      ),
  });
  const guest = stage.proxy();
  guest.write(REQUEST.replace('Connection: close', 'Connection: keep-alive'));
  const all = (await readAll(guest, 1_000)).toString();
  assert.match(all, /\r\n\r\nfour$/);
  const [event, ...others] = await stage.events(1);
  assert.deepEqual(others, []);
  assert.deepEqual(event?.outcome?.bytes, { in: 0, out: 4 });
});

test('one that says two lengths', async () => {
  for (const lengths of [
    'Content-Length: 4\r\nContent-Length: 9',
    'Content-Length: 4, 9',
    'Content-Length: -4',
    'Content-Length: 4\r\nTransfer-Encoding: chunked',
  ]) {
    await using stage = await failing({
      answer: (socket) => void socket.end(`HTTP/1.1 200 OK\r\n${lengths}\r\n\r\nfour five`),
    });
    const { status } = await exchange(stage.proxy(), REQUEST);
    assert.equal(status, 502, lengths);
    await assertTold(stage, 'egress_bad_response');
  }
});

test('one that resets in the middle of chunks', async () => {
  await using stage = await failing({
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      setTimeout(() => socket.resetAndDestroy(), 50);
    },
  });
  const guest = stage.proxy();
  guest.write(REQUEST);
  const all = (await readAll(guest, 2_000)).toString();
  assert.match(all, /hello/);
  assert.doesNotMatch(all, /\r\n0\r\n\r\n$/);
  await assertTold(stage, 'egress_closed');
});

test('one that stops in the middle', async () => {
  await using stage = await failing({
    answer: (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
  });
  const guest = stage.proxy();
  guest.write(REQUEST);
  await readAll(guest, 3_000);
  await assertTold(stage, 'egress_timeout');
});

test('compressed answers that are cut off or are none', async () => {
  for (const body of ['\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc', 'no gzip']) {
    await using stage = await failing({
      answer: (socket) =>
        void socket.end(
          Buffer.from(
            `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
            'latin1',
          ),
        ),
    });
    stage.secrets.set(`swsec_${'a'.repeat(52)}`, {
      ...{ name: 'A', version: 1, value: 'a-secret-value', allowHttp: false },
      ...{ hosts: [], headers: ['authorization'] },
    });
    const guest = stage.proxy();
    guest.write(REQUEST);
    const all = (await readAll(guest, 2_000)).toString();
    assert.doesNotMatch(all, /\r\n0\r\n\r\n$/);
    const [event] = await stage.events(1);
    assert.equal(event?.outcome?.status, 'error');
  }
});

test('TLS with a certificate of nobody, and what is no TLS', async () => {
  await using stage = await failing({});
  await stage.serve(HOST, (_request, response) => response.end(), { untrusted: true });
  const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
  const untrusted = await exchange(await stage.tls(HOST), request);
  assert.equal(untrusted.status, 502);
  assert.equal(JSON.parse(untrusted.body.toString()).error.code, 'egress_bad_tls');
  await stage.serveRaw(HOST, 443, (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  const plain = await exchange(await stage.tls(HOST), request);
  assert.equal(plain.status, 502);
});

test('no variable of the host makes a certificate of nobody a good one', async (t) => {
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  await using stage = await failing({});
  const upstream = await stage.serve(HOST, (_request, response) => response.end('no'), {
    untrusted: true,
  });
  const secure = await stage.tls(HOST);
  const handshake = await stage.tls(HOST);
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const head = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n`;
  const answer = await exchange(secure, `${head}Connection: close\r\n\r\n`);
  assert.equal(JSON.parse(answer.body.toString()).error.code, 'egress_bad_tls');
  const upgrade = await exchange(
    handshake,
    `${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  assert.equal(JSON.parse(upgrade.body.toString()).error.code, 'egress_bad_tls');
  assert.equal(upstream.bytes, 0);
});

test('TLS with a certificate of another name', async () => {
  await using stage = await failing({});
  await stage.serve(HOST, (_request, response) => response.end(), { named: 'other.example.com' });
  const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
  const { status, body } = await exchange(await stage.tls(HOST), request);
  assert.equal(status, 502);
  assert.equal(JSON.parse(body.toString()).error.code, 'egress_bad_tls');
  await assertTold(stage, 'egress_bad_tls');
});

test('a name that leads into the host’s own network, or nowhere', async () => {
  const clock = { nowMs: () => Date.now() };
  for (const [address, code] of [
    ['10.1.2.3', 'egress_address_refused'],
    ['127.0.0.1', 'egress_address_refused'],
    ['169.254.169.254', 'egress_address_refused'],
    ['::ffff:169.254.169.254', 'egress_address_refused'],
    [undefined, 'egress_not_found'],
  ] as const) {
    const addresses = address === undefined ? [] : [address];
    const lookup = async () => ({ addresses, ttlSeconds: 1 });
    await using stage = await failing({
      options: { resolver: createHostResolver({ clock, lookup }) },
    });
    assert.equal((await ask(stage)).code, code, String(address));
    assert.deepEqual(stage.trail.events, []);
  }
});

test('bodies that are kept for metering have bounded room, which a call gives back', async () => {
  await using stage = await createStage({ limits: { maxHeldBytes: 100_000 } });
  stage.policy = allow({ host: HOST, ports: [80] });
  const whole: RequestListener = (request, response) =>
    request.resume().on('end', () => response.end());
  await stage.serve(HOST, whole, { plain: true });
  const ask = (bytes: number) =>
    exchange(
      stage.proxy(),
      `POST http://${HOST}/v1/chat/completions HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n${' '.repeat(bytes)}`,
    );
  for (let i = 0; i < 3; i++) assert.equal((await ask(90_000)).status, 200);
  const { status, body } = await ask(110_000);
  assert.deepEqual([status, JSON.parse(body.toString()).error.code], [503, 'egress_busy']);
  assert.equal((await ask(90_000)).status, 200);
});

test('a guest that leaves before a model’s answer has used what nobody can know', async () => {
  await using stage = await createStage();
  const arrived = Promise.withResolvers<void>();
  await stage.serve('model.test', () => arrived.resolve());
  stage.policy = allow('model.test');
  const guest = await stage.tls('model.test');
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [], max_tokens: 5 });
  guest.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: model.test\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await arrived.promise;
  guest.destroy();
  const [event] = await stage.events(1);
  assert.deepEqual(stage.settled, [{ missing: true }]);
  assert.equal(event?.outcome?.attributes?.usageMissing, true);
});

test('a guest that leaves ends the call, and one that stalls is no leak', async () => {
  let closed = false;
  await using stage = await failing({
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      socket.on('close', () => {
        closed = true;
      });
    },
  });
  const guest = stage.proxy();
  guest.write(REQUEST);
  await readHead(guest);
  guest.destroy();
  await assertTold(stage, 'guest_left');
  assert.ok(await waitUntil(() => closed, { timeoutMs: 10_000, intervalMs: 5 }));
  assert.equal(stage.settled.length, 1);
});

test('a body that breaks off never looks whole to the other side', async () => {
  let bytes = '';
  await using stage = await createStage();
  stage.policy = allow({ host: HOST, ports: [80] });
  await stage.serveRaw(HOST, 80, (socket) => {
    socket.on('data', (chunk) => {
      bytes += chunk;
    });
  });
  const guest = stage.proxy();
  guest.write(
    `POST http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n`,
  );
  await readAll(guest, 1_000);
  await stage.events(1);
  assert.doesNotMatch(bytes, /0\r\n\r\n$/);
});
