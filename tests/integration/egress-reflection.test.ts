/** An upstream that sends back what it was given, in every form it can think of: no value returns. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { allow, createStage, exchange, type Stage } from './egress-stage.ts';

const HOST = 'echo.example.com';
const VALUE = 'sk-Ab"c/+&<d>é=~1234567890 xyz\\Q';
/** Header-safe: what is swapped in must be ASCII. */
const SAFE = 'sk-Ab"c/+&<d>=~1234567890 xyz\\Q';
const PLACEHOLDER = `swsec_${'a'.repeat(52)}`;

const percent = (text: string, upper: boolean) =>
  [...Buffer.from(text)]
    .map((b) => {
      const hex = b.toString(16).padStart(2, '0');
      return `%${upper ? hex.toUpperCase() : hex}`;
    })
    .join('');
const each = (text: string, form: (code: number) => string) =>
  [...text].map((c) => form(c.charCodeAt(0))).join('');
const wide = (text: string, big: boolean) => {
  const bytes = Buffer.from(text, 'utf16le');
  return big ? bytes.swap16() : bytes;
};
const wrapped = (text: string) => text.replace(/.{19}/g, '$&\r\n');

const FORMS: Record<string, (value: string) => string | Buffer> = {
  plain: (v) => v,
  'in JSON': (v) => JSON.stringify({ v }),
  'in JSON, in JSON': (v) => JSON.stringify(JSON.stringify({ v })),
  'in JSON, three times': (v) => JSON.stringify(JSON.stringify(JSON.stringify([v]))),
  'percent, twice': (v) => encodeURIComponent(encodeURIComponent(v)),
  'HTML, twice': (v) =>
    v.replaceAll('&', '&amp;amp;').replaceAll('<', '&amp;lt;').replaceAll('"', '&amp;quot;'),
  'in JSON with \\/': (v) => JSON.stringify({ v }).replaceAll('/', '\\/'),
  'all \\u': (v) => each(v, (c) => `\\u${c.toString(16).padStart(4, '0')}`),
  'all \\U upper': (v) => each(v, (c) => `\\u${c.toString(16).padStart(4, '0').toUpperCase()}`),
  'all \\x': (v) => each(v, (c) => `\\x${c.toString(16).padStart(2, '0')}`),
  'all \\u{}': (v) => each(v, (c) => `\\u{${c.toString(16)}}`),
  octal: (v) => each(v, (c) => `\\${c.toString(8).padStart(3, '0')}`),
  reversed: (v) => [...v].reverse().join(''),
  base64: (v) => Buffer.from(v).toString('base64'),
  'base64, shifted by 1': (v) => Buffer.from(`u${v}`).toString('base64'),
  'base64, shifted by 2': (v) => Buffer.from(`u:${v}!`).toString('base64'),
  base64url: (v) => Buffer.from(`?${v}`).toString('base64url'),
  'base64, wrapped': (v) => wrapped(Buffer.from(v).toString('base64')),
  'base64 in JSON with \\n': (v) => JSON.stringify(wrapped(Buffer.from(v).toString('base64'))),
  'base64, percent-encoded': (v) => encodeURIComponent(Buffer.from(`ab${v}`).toString('base64')),
  'base64 of UTF-16': (v) => wide(v, false).toString('base64'),
  'basic credentials': (v) => `Basic ${Buffer.from(`user:${v}`).toString('base64')}`,
  hex: (v) => Buffer.from(v).toString('hex'),
  'hex, upper': (v) => Buffer.from(v).toString('hex').toUpperCase(),
  'hex, apart': (v) =>
    Buffer.from(v)
      .toString('hex')
      .replace(/..(?=.)/g, '$& '),
  'hex, as in code': (v) => Buffer.from(v).toString('hex').replace(/../g, '0x$&, '),
  'a Buffer in JSON': (v) => JSON.stringify(Buffer.from(v)),
  'a Buffer in indented JSON': (v) => JSON.stringify({ v: Buffer.from(v) }, null, 2),
  'a Uint8Array in JSON': (v) => JSON.stringify(new Uint8Array(Buffer.from(v))),
  'numbers apart': (v) => Buffer.from(v).join(' '),
  'URI component': (v) => encodeURIComponent(v),
  form: (v) => new URLSearchParams({ v }).toString(),
  'percent, lower': (v) => percent(v, false),
  'percent, upper': (v) => percent(v, true),
  'percent, half': (v) => percent(v.slice(0, 9), true) + v.slice(9),
  HTML: (v) =>
    v
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
  'HTML, decimal': (v) => each(v, (c) => `&#${c};`),
  'HTML, hexadecimal': (v) => each(v, (c) => `&#x${c.toString(16)};`),
  'HTML, with zeros': (v) => each(v, (c) => `&#x0000${c.toString(16).toUpperCase()};`),
  'UTF-16LE': (v) => wide(v, false),
  'UTF-16BE': (v) => wide(v, true),
  'UTF-32LE': (v) => Buffer.concat([...v].map((c) => Buffer.from([c.charCodeAt(0), 0, 0, 0]))),
  'quoted-printable': (v) => each(v, (c) => `=${c.toString(16).padStart(2, '0').toUpperCase()}`),
  'soft breaks': (v) => v.replace(/.{9}/g, '$&=\r\n'),
  'many times': (v) => v.repeat(50),
  'back to back with beginnings': (v) => v.slice(0, 10) + v + v.slice(0, 12) + v,
};

/** Every way in which the forms above can be read back. */
function readings(bytes: Buffer): string[] {
  const latin = bytes.toString('latin1');
  const plain = latin.replaceAll('\0', '').replaceAll('=\r\n', '').replace(/\\\//g, '/');
  const unescaped = plain
    .replace(/(?:%|=|\\x)([0-9a-f]{2})/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\\u\{?([0-9a-f]{1,6})\}?/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, text) => String.fromCharCode(Number(text)))
    .replace(/\\([0-7]{3})/g, (_, text) => String.fromCharCode(Number.parseInt(text, 8)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\\(["\\])/g, '$1');
  const all = [latin, plain, unescaped, unescaped.replaceAll('+', ' ')];
  for (const text of [...all]) {
    const dense = text.replace(/[\r\n]|\\r|\\n/g, '');
    for (const run of dense.match(/[A-Za-z0-9+/_-]{8,}/g) ?? [])
      for (let skip = 0; skip < 4; skip++)
        all.push(Buffer.from(run.slice(skip), 'base64').toString('latin1').replaceAll('\0', ''));
    for (const run of dense.match(/[0-9a-f]{16,}/gi) ?? [])
      for (const skip of [0, 1]) all.push(Buffer.from(run.slice(skip), 'hex').toString('latin1'));
  }
  const apart = plain.replace(/"\d+":|0x/g, ' ');
  for (const [base, numbers] of [
    [10, apart.match(/\d+/g)],
    [16, apart.match(/\b[0-9a-f]{2}\b/gi)],
  ] as const)
    all.push(Buffer.from((numbers ?? []).map((n) => Number.parseInt(n, base))).toString('latin1'));
  return all.flatMap((text) => [text, [...text].reverse().join('')]);
}

function assertNone(bytes: Buffer, value: string, what: string): void {
  for (const text of readings(bytes)) {
    assert.ok(!text.includes(value), `${what}: the value came back`);
    assert.ok(!text.includes(Buffer.from(value).toString('latin1')), `${what}: as bytes`);
  }
}

function give(stage: Stage, value: string): void {
  stage.secrets.set(PLACEHOLDER, {
    ...{ name: 'KEY', version: 2, value, allowHttp: false },
    ...{ hosts: [HOST], headers: ['authorization', 'x-api-key'] },
  });
  stage.policy = allow(HOST);
}

type Send = (response: ServerResponse, bytes: Buffer) => Promise<void> | void;

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

const CHUNKINGS: Record<string, Send> = {
  whole: (response, bytes) => void response.end(bytes),
  'byte by byte': async (response, bytes) => {
    for (const byte of bytes.subarray(0, 400)) {
      response.write(Buffer.from([byte]));
      if (byte % 7 === 0) await pause();
    }
    response.end(bytes.subarray(400));
  },
  'in threes': async (response, bytes) => {
    for (let at = 0; at < bytes.length; at += 3) {
      response.write(bytes.subarray(at, at + 3));
      if (at % 30 === 0) await pause();
    }
    response.end();
  },
  'cut in the middle': async (response, bytes) => {
    response.write(bytes.subarray(0, bytes.length >> 1));
    await pause();
    response.end(bytes.subarray(bytes.length >> 1));
  },
};

const GET = `GET /FORM HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${PLACEHOLDER}\r\nAccept-Encoding: gzip, br, zstd, deflate\r\nConnection: close\r\n\r\n`;

for (const [chunking, send] of Object.entries(CHUNKINGS))
  test(`no form of a value comes back: ${chunking}`, async () => {
    await using stage = await createStage();
    await stage.serve(HOST, (request, response) => {
      assert.equal(request.headers.authorization, `Bearer ${SAFE}`);
      const form = FORMS[decodeURIComponent((request.url ?? '').slice(1))];
      const bytes = Buffer.from(form?.(SAFE) ?? '');
      void send(response, Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]));
    });
    give(stage, SAFE);
    for (const name of Object.keys(FORMS)) {
      const socket = await stage.tls(HOST);
      const answer = await exchange(socket, GET.replace('FORM', encodeURIComponent(name)));
      assert.equal(answer.status, 200);
      assertNone(answer.body, SAFE, name);
      assert.match(answer.body.toString('latin1'), /^before [\s\S]* after$/, name);
      assert.match(answer.body.toString('latin1').replaceAll('\0', ''), /\[secret KEY\]/, name);
    }
    const events = await stage.events(Object.keys(FORMS).length);
    for (const { outcome } of events) {
      assert.deepEqual(outcome?.attributes?.secrets, ['KEY@2']);
      assert.ok(Number(outcome?.attributes?.scrubbed) >= 1);
      const kept = Buffer.from(outcome?.captured?.response?.head ?? '');
      assertNone(kept, SAFE, 'the log');
    }
  });

const CODINGS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  'deflate ': (bytes) => deflateRawSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  'br, gzip': (bytes) => gzipSync(brotliCompressSync(bytes)),
};

test('values are found inside compressed answers, which arrive decoded', async () => {
  await using stage = await createStage();
  const filler = createHash('sha512').update('x').digest('hex').repeat(300);
  await stage.serve(HOST, async (request, response) => {
    const coding = decodeURIComponent((request.url ?? '').slice(1));
    const coded = CODINGS[coding]?.(Buffer.from(`${filler}${SAFE}${filler}`)) ?? Buffer.alloc(0);
    response.setHeader('Content-Encoding', coding.trim());
    response.setHeader('Content-Length', coded.length);
    for (let at = 0; at < coded.length; at += 1_000) {
      response.write(coded.subarray(at, at + 1_000));
      await pause();
    }
    response.end();
  });
  give(stage, SAFE);
  for (const coding of Object.keys(CODINGS)) {
    const socket = await stage.tls(HOST);
    const answer = await exchange(socket, GET.replace('FORM', encodeURIComponent(coding)));
    assert.equal(answer.status, 200, coding);
    assert.doesNotMatch(answer.head, /content-encoding|content-length/i);
    assert.equal(answer.body.toString(), `${filler}[secret KEY]${filler}`, coding);
  }
});

test('an answer in a coding that nobody asked for and nobody can read is no answer', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (request, response) => {
    assert.equal(request.headers['accept-encoding'], 'gzip, deflate, br, zstd');
    assert.equal(request.headers.range, undefined);
    response.setHeader('Content-Encoding', 'exotic');
    response.end(SAFE);
  });
  give(stage, SAFE);
  const socket = await stage.tls(HOST);
  const answer = await exchange(socket, GET.replace('Accept-', 'Range: bytes=0-9\r\nAccept-'));
  assert.equal(answer.status, 502);
  assertNone(answer.body, SAFE, 'the refusal');
});

test('a status that has no body by rights hides none, and no coding of the transfer is passed on', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (_request, response) => {
    response.writeHead(205, { 'Content-Encoding': 'gzip' });
    response.end(gzipSync(SAFE));
  });
  give(stage, SAFE);
  stage.policy = allow({ host: HOST, ports: [80, 443] });
  const reset = await exchange(await stage.tls(HOST), GET);
  assert.equal(reset.body.toString(), '[secret KEY]');
  const bytes = gzipSync(SAFE);
  let coding = '';
  await stage.serveRaw(HOST, 80, (socket) =>
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\nConnection: close\r\n\r\n`);
      socket.write(`${bytes.length.toString(16)}\r\n`);
      socket.write(bytes);
      socket.end('\r\n0\r\n\r\n');
    }),
  );
  const plain = GET.replace('/FORM', `http://${HOST}/`);
  for (coding of ['gzip, chunked', 'x-gzip,chunked', 'chunked, gzip', 'gzip', 'deflate, chunked']) {
    const answer = await exchange(stage.proxy(), plain);
    assert.equal(answer.status, 502, coding);
    assert.ok(!answer.body.includes(bytes.subarray(10, 20)), coding);
  }
});

test('headers, trailers, the reason and errors give no value back', async () => {
  await using stage = await createStage();
  const token = 'sk-Abc/+1234567890xyzQ';
  await stage.serve(HOST, (request, response) => {
    const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString();
    assert.equal(basic, `user:${token}`);
    response.writeHead(401, `no ${token}`, {
      'X-Plain': token,
      'X-Encoded': encodeURIComponent(token),
      'X-Base64': Buffer.from(`a${token}`).toString('base64'),
      'Set-Cookie': [`a=${token}`, `b=${Buffer.from(token).toString('hex')}`],
      'WWW-Authenticate': `Basic realm="${request.headers.authorization}"`,
      'X-sk-Abc-1234567890xyzQ': 'name',
      Location: `https://${HOST}/?key=${encodeURIComponent(token)}`,
      Trailer: 'X-After',
    });
    response.write('body');
    response.addTrailers({ 'X-After': token });
    response.end();
  });
  give(stage, token);
  const socket = await stage.tls(HOST);
  const basic = Buffer.from(`user:${PLACEHOLDER}`).toString('base64');
  const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Basic ${basic}\r\nTE: trailers\r\nConnection: close\r\n\r\n`;
  socket.write(request);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  assert.match(all.toString(), /^HTTP\/1\.1 401 Unauthorized\r\n/);
  assert.match(all.toString(), /x-after: \[secret KEY\]/i);
  assertNone(all, token, 'the whole answer');
});

test('a value that is not ASCII is found in each of its encodings', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (request, response) => {
    assert.equal(request.headers.authorization, `Bearer ${PLACEHOLDER}`);
    response.end(
      `${VALUE} ${JSON.stringify(VALUE)} ${encodeURIComponent(VALUE)} ${Buffer.from(VALUE).toString('base64')}`,
    );
  });
  give(stage, VALUE);
  const socket = await stage.tls(HOST);
  const answer = await exchange(socket, GET);
  assertNone(answer.body, VALUE, 'not ASCII');
});

test('a placeholder goes out as text in a body, another header, or to another host', async () => {
  await using stage = await createStage();
  const seen: Record<string, string>[] = [];
  const handler = (request: import('node:http').IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({
        key: String(request.headers['x-api-key']),
        agent: String(request.headers['user-agent']),
        body,
      });
      response.end();
    });
  };
  await stage.serve(HOST, handler);
  await stage.serve('else.example.com', handler);
  give(stage, SAFE);
  stage.policy = allow(HOST, 'else.example.com');
  for (const host of [HOST, 'else.example.com']) {
    const socket = await stage.tls(host);
    await exchange(
      socket,
      `POST / HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: ${PLACEHOLDER}\r\nUser-Agent: ${PLACEHOLDER}\r\nContent-Length: ${PLACEHOLDER.length}\r\nConnection: close\r\n\r\n${PLACEHOLDER}`,
    );
  }
  const [first, second] = await stage.events(2);
  const kept = ['KEY: header user-agent', 'body'];
  assert.deepEqual(first?.outcome?.attributes?.placeholdersKept, kept);
  assert.deepEqual(second?.outcome?.attributes?.placeholdersKept, [
    ...['KEY: host else.example.com', 'KEY: header user-agent', 'body'],
  ]);
  assert.deepEqual(seen, [
    { key: SAFE, agent: PLACEHOLDER, body: PLACEHOLDER },
    { key: PLACEHOLDER, agent: PLACEHOLDER, body: PLACEHOLDER },
  ]);
});

test('mode audit gives a secret to no host that no rule allows', async () => {
  await using stage = await createStage();
  await stage.serve(HOST, (request, response) => response.end(request.headers.authorization));
  give(stage, SAFE);
  const secret = stage.secrets.get(PLACEHOLDER);
  assert.ok(secret !== undefined);
  stage.secrets.set(PLACEHOLDER, { ...secret, hosts: [] });
  stage.policy = { mode: 'audit', rules: [] };
  const refused = await exchange(await stage.tls(HOST), GET);
  assert.equal(refused.body.toString(), `Bearer ${PLACEHOLDER}`);
  stage.policy = allow(HOST);
  const allowed = await exchange(await stage.tls(HOST), GET);
  assert.equal(allowed.body.toString(), 'Bearer [secret KEY]');
});
