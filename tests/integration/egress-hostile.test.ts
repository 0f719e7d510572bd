/** What a hostile machine sends: no byte of it reaches anybody, and each attempt is told or closed. */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { allow, createStage, readAll, type Stage } from './egress-stage.ts';

const GOOD = 'good.example.com';
const OTHER = 'other.example.com';
const END = '\r\n\r\n';

/** Over TLS to the allowed name: every upstream must see nothing at all. */
const IN_TLS: Record<string, string> = {
  'Host of another name': `GET / HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'Host with another port': `GET / HTTP/1.1\r\nHost: ${GOOD}:8443${END}`,
  'Host with a user': `GET / HTTP/1.1\r\nHost: a@${GOOD}${END}`,
  'Host with a dot at its end': `GET / HTTP/1.1\r\nHost: ${GOOD}.${END}`,
  'Host with a space inside': `GET / HTTP/1.1\r\nHost: good .example.com${END}`,
  'Host that is an address': `GET / HTTP/1.1\r\nHost: 169.254.169.254${END}`,
  'Host that is IPv6': `GET / HTTP/1.1\r\nHost: [::1]${END}`,
  'Host with a path': `GET / HTTP/1.1\r\nHost: ${GOOD}/x${END}`,
  'Host with a comma': `GET / HTTP/1.1\r\nHost: ${GOOD}, ${OTHER}${END}`,
  'Host in percent-encoding': `GET / HTTP/1.1\r\nHost: good%2eexample.com${END}`,
  'Host in unicode': `GET / HTTP/1.1\r\nHost: gооd.example.com${END}`,
  'Host that is empty': `GET / HTTP/1.1\r\nHost:${END}`,
  'Host with port 0': `GET / HTTP/1.1\r\nHost: ${GOOD}:0${END}`,
  'Host with port 99999': `GET / HTTP/1.1\r\nHost: ${GOOD}:99999${END}`,
  'Host with port +443': `GET / HTTP/1.1\r\nHost: ${GOOD}:+443${END}`,
  'Host with port 0443': `GET / HTTP/1.1\r\nHost: ${GOOD}:0443${END}`,
  'Host with an empty port': `GET / HTTP/1.1\r\nHost: ${GOOD}:${END}`,
  'no Host': `GET / HTTP/1.1\r\nAccept: */*${END}`,
  'no Host in HTTP/1.0': `GET / HTTP/1.0${END}`,
  'two Hosts, the same': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nHost: ${GOOD}${END}`,
  'two Hosts, the other second': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nHost: ${OTHER}${END}`,
  'two Hosts, the other first': `GET / HTTP/1.1\r\nhost: ${OTHER}\r\nHOST: ${GOOD}${END}`,
  'absolute URL of another name': `GET https://${OTHER}/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'absolute URL, Host of another': `GET https://${GOOD}/ HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'absolute URL of another scheme': `GET http://${GOOD}/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'absolute URL of a strange scheme': `GET file:///etc/passwd HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'absolute URL with a user': `GET https://u:p@${GOOD}/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL of two slashes': `GET //${OTHER}/ HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'URL that is an authority': `GET ${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL with a fragment': `GET /a#b HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL with a backslash': `GET /a\\..\\b HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL with a tab': `GET /a\tb HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL with raw bytes': `GET /\xff\xfe HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL with a NUL': `GET /a\0b HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'URL that is *': `OPTIONS * HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'CONNECT in a tunnel': `CONNECT ${OTHER}:443 HTTP/1.1\r\nHost: ${OTHER}:443${END}`,
  'CONNECT in a tunnel, to itself': `CONNECT ${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}:443${END}`,
  TRACE: `TRACE / HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'the proxy’s own form': `GET /-/https/${OTHER}/ HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'length and chunks': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked${END}0${END}`,
  'chunks and length': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4${END}0${END}`,
  'two lengths': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 4\r\nContent-Length: 5${END}abcd`,
  'two lengths, the same': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 4\r\nContent-Length: 4${END}abcd`,
  'a list of lengths': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 4, 4${END}abcd`,
  'a length with a sign': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: +4${END}abcd`,
  'a negative length': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: -4${END}abcd`,
  'a length in hexadecimal': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 0x4${END}abcd`,
  'a length beyond all numbers': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 99999999999999999999999${END}abcd`,
  'a length with a space inside': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length: 1 4${END}abcd`,
  'chunked, twice': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: chunked, chunked${END}0${END}`,
  'chunked in two headers': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked${END}0${END}`,
  'chunked before gzip': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: chunked, gzip${END}0${END}`,
  'gzip before chunked': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: gzip, chunked${END}0${END}`,
  'identity as a transfer': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: identity${END}`,
  'an unknown transfer': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: xchunked${END}0${END}`,
  'a transfer with a tab': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding:\tchunked\r\nContent-Length: 1${END}0${END}`,
  'a transfer with a vertical tab': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding: \x0bchunked${END}0${END}`,
  'chunks in HTTP/1.0': `POST / HTTP/1.0\r\nHost: ${GOOD}\r\nTransfer-Encoding: chunked${END}0${END}`,
  'a space before the colon': `GET / HTTP/1.1\r\nHost : ${GOOD}${END}`,
  'a space before the colon of a length': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent-Length : 4${END}abcd`,
  'an underscore in a length': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nContent_Length: 4${END}`,
  'an underscore in a transfer': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer_Encoding: chunked${END}`,
  'a folded header': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nX-A: b\r\n c${END}`,
  'a folded Host': `GET / HTTP/1.1\r\nHost:\r\n ${GOOD}${END}`,
  'a folded transfer': `POST / HTTP/1.1\r\nHost: ${GOOD}\r\nTransfer-Encoding:\r\n chunked${END}0${END}`,
  'a fold before any header': `GET / HTTP/1.1\r\n X: y\r\nHost: ${GOOD}${END}`,
  'bare LF after the request line': `GET / HTTP/1.1\nHost: ${GOOD}${END}`,
  'bare LF after a header': `GET / HTTP/1.1\r\nHost: ${GOOD}\nX: y${END}`,
  'bare LF at the end of the head': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\n\n`,
  'bare CR in a header': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nX: a\rb${END}`,
  'bare CR as an end': `GET / HTTP/1.1\rHost: ${GOOD}\r\r`,
  'NUL in a header': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nX: a\0b${END}`,
  'NUL in a header’s name': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nX\0: a${END}`,
  'a header without a name': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\n: a${END}`,
  'a header without a colon': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nX${END}`,
  'a header’s name in brackets': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\n[X]: a${END}`,
  'no version': `GET /\r\nHost: ${GOOD}${END}`,
  'HTTP/0.9': `GET /\r\n`,
  'HTTP/1.2': `GET / HTTP/1.2\r\nHost: ${GOOD}${END}`,
  'HTTP/2 in words': `GET / HTTP/2.0\r\nHost: ${GOOD}${END}`,
  'HTTP/3 in words': `GET / HTTP/3\r\nHost: ${GOOD}${END}`,
  'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  'a version in lower case': `GET / http/1.1\r\nHost: ${GOOD}${END}`,
  'a method in lower case': `get / HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'an unknown method': `HACK / HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'a method with a NUL': `GE\0T / HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'another protocol': `SIP/2.0 200 OK\r\n\r\n`,
  'an answer': `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
  'headers that are too large': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nX: ${'x'.repeat(70_000)}${END}`,
  'too many headers': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\n${'X: y\r\n'.repeat(300)}\r\n`,
  'a second Host behind many headers': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\n${'X: y\r\n'.repeat(180)}Host: ${OTHER}${END}`,
  'an unknown expectation': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nExpect: the-unexpected${END}`,
  'a WebSocket with a body': `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3${END}abc`,
  'a WebSocket to another name': `GET / HTTP/1.1\r\nHost: ${OTHER}\r\nConnection: Upgrade\r\nUpgrade: websocket${END}`,
  'bytes of TLS inside TLS': '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00',
  'random bytes': '\x00\x01\x02\x03\xfe\xff\r\n\r\n',
};

/** To the explicit proxy. */
const TO_PROXY: Record<string, string> = {
  'a path alone': `GET / HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'a path alone, of another': `GET / HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'plain to a name that has only TLS': `GET http://${GOOD}/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'plain to a port that is not allowed': `GET http://${GOOD}:22/ HTTP/1.1\r\nHost: ${GOOD}:22${END}`,
  'an absolute URL of another name': `GET https://${OTHER}/ HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'an absolute URL that Host contradicts': `GET https://${GOOD}/ HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'an absolute URL without Host': `GET https://${GOOD}/ HTTP/1.1${END}`,
  'an absolute URL with a user': `GET https://${OTHER}@${GOOD}/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'an absolute URL with a password': `GET https://${GOOD}:443@${OTHER}/ HTTP/1.1\r\nHost: ${OTHER}${END}`,
  'an absolute URL of an address': `GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1${END}`,
  'an absolute URL of the metadata service': `GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: 169.254.169.254${END}`,
  'an absolute URL of IPv6': `GET http://[fe80::1]/ HTTP/1.1\r\nHost: [fe80::1]${END}`,
  'an absolute URL of a short address': `GET http://127.1/ HTTP/1.1\r\nHost: 127.1${END}`,
  'an absolute URL of a number': `GET http://2130706433/ HTTP/1.1\r\nHost: 2130706433${END}`,
  'an absolute URL of an octal address': `GET http://0177.0.0.1/ HTTP/1.1\r\nHost: 0177.0.0.1${END}`,
  'an absolute URL in hexadecimal': `GET http://0x7f000001/ HTTP/1.1\r\nHost: 0x7f000001${END}`,
  'an absolute URL of localhost': `GET http://localhost:22/ HTTP/1.1\r\nHost: localhost:22${END}`,
  FTP: `GET ftp://${GOOD}/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  gopher: `GET gopher://${GOOD}:70/ HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'base URL of another name': `GET /-/https/${OTHER}/ HTTP/1.1\r\nHost: 127.0.0.1:61708${END}`,
  'base URL of an address': `GET /-/http/169.254.169.254/ HTTP/1.1\r\nHost: 127.0.0.1:61708${END}`,
  'base URL with a user': `GET /-/https/a@${GOOD}/ HTTP/1.1\r\nHost: 127.0.0.1:61708${END}`,
  'base URL with two Hosts': `GET /-/https/${GOOD}/ HTTP/1.1\r\nHost: a\r\nHost: b${END}`,
  'base URL of nothing': `GET /-/https// HTTP/1.1\r\nHost: 127.0.0.1:61708${END}`,
  'base URL of a strange scheme': `GET /-/file/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:61708${END}`,
  'CONNECT to an address': `CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: 10.0.0.1:443${END}`,
  'CONNECT to IPv6': `CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443${END}`,
  'CONNECT without a port': `CONNECT ${GOOD} HTTP/1.1\r\nHost: ${GOOD}${END}`,
  'CONNECT with a path': `CONNECT ${GOOD}:443/x HTTP/1.1\r\nHost: ${GOOD}:443${END}`,
  'CONNECT with a URL': `CONNECT https://${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}:443${END}`,
  'CONNECT with a user': `CONNECT a@${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}:443${END}`,
  'CONNECT that Host contradicts': `CONNECT ${GOOD}:443 HTTP/1.1\r\nHost: ${OTHER}:443${END}`,
  'CONNECT with two Hosts': `CONNECT ${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}:443\r\nHost: ${OTHER}:443${END}`,
  'CONNECT to another port of the name': `CONNECT ${GOOD}:22 HTTP/1.1\r\nHost: ${GOOD}:22${END}SSH-2.0-x\r\n`,
  'CONNECT and what is no TLS': `CONNECT ${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}:443${END}SSH-2.0-x\r\n`,
  'CONNECT and plain HTTP for the TLS port': `CONNECT ${GOOD}:443 HTTP/1.1\r\nHost: ${GOOD}:443${END}GET / HTTP/1.1\r\nHost: ${OTHER}:443${END}`,
  'SOCKS 5': '\x05\x01\x00',
  'SOCKS 4': '\x04\x01\x00\x50\x7f\x00\x00\x01\x00',
  'a ClientHello to the proxy': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
};

const CAPTURED: Record<string, { name?: string; port: number; bytes: string }> = {
  'no name at all': { port: 80, bytes: `GET / HTTP/1.1\r\nHost: ${GOOD}${END}` },
  'a name that is an address': {
    name: '1.2.3.4',
    port: 80,
    bytes: `GET / HTTP/1.1\r\nHost: ${GOOD}${END}`,
  },
  'another Host than the name': {
    name: GOOD,
    port: 80,
    bytes: `GET / HTTP/1.1\r\nHost: ${OTHER}${END}`,
  },
  'a name that is not allowed': {
    name: OTHER,
    port: 80,
    bytes: `GET / HTTP/1.1\r\nHost: ${OTHER}${END}`,
  },
  'a port that is not allowed': { name: GOOD, port: 25, bytes: 'EHLO x\r\n' },
  SSH: { name: GOOD, port: 22, bytes: 'SSH-2.0-x\r\n' },
  'DNS over TCP': { name: GOOD, port: 53, bytes: '\x00\x1d\xab\xcd\x01\x00\x00\x01' },
  'bytes to the TLS port': { name: GOOD, port: 443, bytes: '\x00\x01\x02\x03' },
  'a ClientHello cut off': {
    name: GOOD,
    port: 443,
    bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  },
  'a ClientHello of nonsense': {
    name: GOOD,
    port: 443,
    bytes: `\x16\x03\x01\x00\x10\x01\x00\x00\x0c${'x'.repeat(20)}`,
  },
  nothing: { name: GOOD, port: 443, bytes: '' },
};

const LIMITS = { handshakeTimeoutMs: 300, silenceMs: 50 };

async function hostileStage(): Promise<{ stage: Stage; bytes: () => number } & AsyncDisposable> {
  const stage = await createStage({ limits: LIMITS });
  stage.policy = allow(GOOD);
  const seen = await Promise.all([
    stage.serve(GOOD, (_request, response) => response.end('reached')),
    stage.serve(OTHER, (_request, response) => response.end('reached')),
    stage.serve(GOOD, (_request, response) => response.end('reached'), { plain: true }),
    stage.serve(OTHER, (_request, response) => response.end('reached'), { plain: true }),
    stage.serveRaw(GOOD, 22, () => undefined),
    stage.serveRaw(GOOD, 25, () => undefined),
    stage.serveRaw(GOOD, 53, () => undefined),
  ]);
  const bytes = () => seen.reduce((sum, one) => sum + one.connections + one.bytes, 0);
  return { stage, bytes, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

/** Refused with an answer, or closed without a word; never a success. */
async function assertRefused(stream: Duplex, bytes: string): Promise<void> {
  stream.write(Buffer.from(bytes, 'latin1'));
  const all = (await readAll(stream, 800)).toString('latin1');
  const last = all.replace(/^HTTP\/1\.1 200 Connection established\r\n\r\n/, '');
  if (last !== '') assert.match(last, /^HTTP\/1\.1 (4\d\d|502|503) /, last.slice(0, 200));
  stream.destroy();
}

function holds(name: string, open: (stage: Stage) => Promise<Duplex> | Duplex, bytes: string) {
  return async (given: { stage: Stage; bytes: () => number }) => {
    const before = given.stage.trail.notes.length;
    await assertRefused(await open(given.stage), bytes);
    assert.equal(given.bytes(), 0, `${name}: an upstream was reached`);
    assert.ok(given.stage.trail.notes.length >= before, name);
  };
}

async function all(
  cases: readonly ((given: { stage: Stage; bytes: () => number }) => Promise<void>)[],
) {
  await using given = await hostileStage();
  const waiting = [...cases];
  const workers = Array.from({ length: 8 }, async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await one(given);
  });
  await Promise.all(workers);
  // Any that was let through would have been written down first.
  assert.deepEqual(given.stage.trail.events, []);
  const counted = given.stage.trail.notes.length;
  assert.ok(counted > 0, 'refusals are events');
}

test(`no upstream sees a byte of ${Object.keys(IN_TLS).length} requests inside TLS`, () =>
  all(
    Object.entries(IN_TLS).map(([name, bytes]) => holds(name, (stage) => stage.tls(GOOD), bytes)),
  ));

test(`no upstream sees a byte of ${Object.keys(TO_PROXY).length} requests to the proxy`, () =>
  all(
    Object.entries(TO_PROXY).map(([name, bytes]) => holds(name, (stage) => stage.proxy(), bytes)),
  ));

test(`no upstream sees a byte of ${Object.keys(CAPTURED).length} captured connections`, () =>
  all(
    Object.entries(CAPTURED).map(([what, { name, port, bytes }]) =>
      holds(what, (stage) => stage.captured(name, port), bytes),
    ),
  ));

test('TLS for another name than the tunnel is refused inside it, and reaches nobody', async () => {
  await using given = await hostileStage();
  const { stage } = given;
  stage.policy = allow(GOOD, OTHER);
  const inTunnel = await stage.tls(GOOD, { serverName: OTHER });
  await assertRefused(inTunnel, `GET / HTTP/1.1\r\nHost: ${OTHER}\r\nConnection: close${END}`);
  const inCaptured = await stage.tls(GOOD, { serverName: OTHER, via: 'captured' });
  await assertRefused(inCaptured, `GET / HTTP/1.1\r\nHost: ${GOOD}\r\nConnection: close${END}`);
  assert.equal(given.bytes(), 0);
  const [first, second] = stage.trail.notes;
  assert.equal(first?.error?.code, 'egress_host_mismatch');
  assert.equal(second?.error?.code, 'egress_host_mismatch');
});

test('a flood of refused calls becomes one number', async () => {
  await using given = await hostileStage();
  const { stage } = given;
  const socket = await stage.tls(GOOD);
  socket.write(`GET / HTTP/1.1\r\nHost: ${OTHER}${END}`.repeat(100));
  await readAll(socket, 300);
  const events = await stage.events(21);
  const single = events.filter(({ draft }) => draft.kind === 'egress.call');
  const counted = events.filter(({ draft }) => draft.kind === 'egress.calls_refused');
  const sum = counted.reduce((total, { draft }) => total + Number(draft.attributes?.count), 0);
  assert.ok(single.length < 100 && sum > 0, `${single.length} events, ${sum} counted`);
});
