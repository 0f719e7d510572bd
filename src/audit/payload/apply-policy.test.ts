import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { payloadRecord, storedPayload } from '../../contracts/event.ts';
import { DEFAULT_PAYLOAD_POLICY, type PayloadPolicy } from '../../contracts/trail.ts';
import { applyPolicy } from './apply-policy.ts';

const PASSWORD = { ...DEFAULT_PAYLOAD_POLICY, redactPaths: ['$..password'] };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function apply(
  body: string | Uint8Array,
  how: Partial<PayloadPolicy> & { type?: string; encoding?: string; total?: number } = {},
) {
  const { type, encoding, total, ...policy } = how;
  const head = typeof body === 'string' ? Buffer.from(body) : body;
  const { record, stored } = applyPolicy({
    policy: { ...PASSWORD, ...policy },
    request: {
      ...{ head, totalBytes: total ?? head.length },
      ...(type !== undefined && { contentType: type }),
      ...(encoding !== undefined && { contentEncoding: encoding }),
    },
  });
  return { record: record.request, stored: stored?.request, policy: record.policy };
}

test('none, hash and full keep what they say', () => {
  assert.deepEqual(apply('x', { policy: 'none' }), {
    ...{ record: undefined, stored: undefined, policy: 'none' },
  });
  const hashed = apply('{"password":"x"}', { policy: 'hash', type: 'application/json; x=y' });
  assert.equal(hashed.stored, undefined);
  assert.deepEqual(hashed.record, {
    ...{ bytes: 16, contentType: 'application/json' },
    sha256: sha256(Buffer.from('{"password":"x"}')),
  });
  assert.equal(apply('abc', { policy: 'hash', total: 9 }).record?.sha256, undefined);
  const full = apply('{"password":"joe@example.org"}', { policy: 'full' });
  assert.equal(full.stored?.body, '{"password":"joe@example.org"}');
  const binary = apply(Buffer.from([0xff, 0]), { policy: 'full', type: 'image/png' });
  assert.deepEqual(binary.stored, { contentType: 'image/png', encoding: 'base64', body: '/wA=' });
});

test('what is compressed is searched after it is decoded', () => {
  const text = '{"password":"x","to":"joe@example.org"}';
  for (const [encoding, bytes] of [
    ['gzip', zlib.gzipSync(text)],
    ['x-gzip', zlib.gzipSync(text)],
    ['deflate', zlib.deflateSync(text)],
    ['deflate', zlib.deflateRawSync(text)],
    ['br', zlib.brotliCompressSync(text)],
    ['zstd', zlib.zstdCompressSync(text)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(text))],
    ['identity', Buffer.from(text)],
  ] as const) {
    const { stored, record } = apply(bytes, { encoding });
    assert.equal(stored?.body, '{"password":"[redacted]","to":"[redacted:email]"}', encoding);
    assert.deepEqual([record?.bytes, record?.redactions], [bytes.length, 2]);
  }
});

test('what cannot be searched is not kept: unknown encodings, other character sets, pictures', () => {
  for (const [body, how] of [
    [Buffer.from('{"password":"x"}'), { encoding: 'compress' }],
    [Buffer.from('{"password":"x"}'), { encoding: 'gzip' }],
    [Buffer.from('{"password":"x"}', 'utf16le'), {}],
    [Buffer.from('{"password":"x"}'), { type: 'application/json; charset=utf-16' }],
    [Buffer.from([0x89, 0x50, 0xff]), { type: 'image/png' }],
  ] as const) {
    const { stored, record } = apply(body, how);
    assert.equal(stored, undefined);
    assert.deepEqual([record?.bytes, record?.sha256], [body.length, sha256(body)]);
    assert.equal(record?.truncated, true);
  }
});

test('a bomb is decoded no further than its bound', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024, 'a');
  for (const [encoding, bytes] of [
    ['gzip', zlib.gzipSync(zeros)],
    [
      'br',
      zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
    ],
    ['zstd', zlib.zstdCompressSync(zeros)],
  ] as const) {
    const { stored, record } = apply(bytes, { encoding, type: 'text/plain' });
    assert.ok((stored?.body.length ?? 0) <= 65_536);
    assert.equal(record?.truncated, true);
  }
});

test('a body that was cut, also inside a character or an address, leaks nothing half', () => {
  const cut = apply(Buffer.from('{"a":"é').subarray(0, 7), { total: 50 });
  assert.equal(cut.record?.truncated, true);
  assert.equal(cut.stored?.truncated, true);
  for (const [text, gone] of [
    ['write to joe.bloggs@exam', /joe/],
    ['pay with 4111 1111 1111 11', /1111/],
    ['{"password":"very se', /very/],
    ['{"x":1,"password":{"a":["very', /very/],
    ['the key is sk-proj-aB3aB', /aB3/],
  ] as const)
    assert.doesNotMatch(apply(text, { total: 9_000 }).stored?.body ?? '', gone);
  const squeezed = zlib.gzipSync(
    JSON.stringify({ password: 'x', a: Array.from({ length: 999 }, Math.random) }),
  );
  const half = apply(squeezed.subarray(0, 2_000), { encoding: 'gzip', total: squeezed.length });
  assert.match(half.stored?.body ?? '', /^\{"password":"\[redacted\]","a":\[0\./);
  assert.equal(half.record?.bytes, squeezed.length);
});

test('streams, lines and forms: each in its own way', () => {
  const events =
    'event: m\r\ndata: {"a":\r\ndata: {"password":\r\ndata: "x"}}\r\n\r\ndata: [DONE]\r\n\r\n';
  const stream = apply(events, { type: 'text/event-stream' }).stored?.body;
  assert.match(stream ?? '', /^event: m\r\n(data: .*\r\n)+\r\ndata: \[DONE\]\r\n\r\n$/);
  assert.match(stream ?? '', /\[redacted\]/);
  assert.doesNotMatch(stream ?? '', /"x"/);
  const lines = '{"password":"A1"}\n{bad "password":"A2"}\n{"b":1,"password":"A3"}\n{"password":"A';
  const kept = apply(lines, { type: 'application/x-ndjson' }).stored?.body ?? '';
  assert.doesNotMatch(kept, /A\d/);
  assert.match(kept, /"b":1/);
  const form = 'password=A%31&to=joe%40example.org&x=1&pass%77ord=A2';
  const type = 'application/x-www-form-urlencoded';
  assert.equal(
    apply(form, { type }).stored?.body,
    'password=[redacted]&to=[redacted:email]&x=1&pass%77ord=[redacted]',
  );
});

test('plain text that begins like JSON stays text', () => {
  const { stored } = apply('[INFO] started, mail joe@example.org', { type: 'text/plain' });
  assert.equal(stored?.body, '[INFO] started, mail [redacted:email]');
});

test('what is stored fits the bound and the schema, whatever comes', () => {
  const policies = fc.record({
    policy: fc.constantFrom('full', 'redacted', 'hash', 'none'),
    maxBytes: fc.constantFrom(0, 1, 7, 100),
    redactPaths: fc.subarray(['$..*', '$.a', '$[0]']),
    redactPatterns: fc.subarray(['keys', 'email', 'card', 'phone', 'iban']),
  }) as fc.Arbitrary<PayloadPolicy>;
  const heads = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => new Uint8Array(Buffer.from(text))),
    fc.json().map((text) => new Uint8Array(Buffer.from(text))),
  );
  const type = fc.constantFrom(
    'application/json',
    'text/event-stream',
    'text/plain; charset=x',
    '\n',
  );
  const encoding = fc.constantFrom(undefined, 'gzip', 'br', 'zstd', 'deflate', ',,', '__proto__');
  fc.assert(
    fc.property(
      policies,
      heads,
      fc.nat(3),
      type,
      encoding,
      (policy, head, more, contentType, c) => {
        const { record, stored } = applyPolicy({
          policy,
          response: {
            ...{ head, totalBytes: head.length + more, contentType },
            ...(c !== undefined && { contentEncoding: c }),
          },
        });
        payloadRecord.parse(record);
        if (stored === undefined) return;
        const { response } = storedPayload.parse(stored);
        const bytes = Buffer.byteLength(response?.body ?? '', response?.encoding);
        assert.ok(bytes <= policy.maxBytes);
        if (head.length + more > policy.maxBytes && c === undefined)
          assert.equal(response?.truncated, true);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('hostile text of a megabyte takes no longer than its length allows', () => {
  const units = [
    ...['4111 ', '1 ', 'a@', '-eyJaaaaaaa', 'sk-', 'bearer ', '[', '{"a":', '"\\', '+1', 'DE89 '],
    ...['-----BEGIN PRIVATE KEY-----', '\\u0040', '%40', 'data: [\n', '{"password":'],
  ];
  for (const unit of units)
    for (const type of ['application/json', 'text/event-stream', 'text/plain']) {
      const text = unit.repeat(Math.floor(1_048_576 / unit.length));
      // A search that is not linear would go on for hours: the runner's time limit would end it.
      apply(text, {
        ...{ type, maxBytes: 1_048_576, total: 2_000_000 },
        redactPatterns: ['keys', 'email', 'card', 'phone', 'iban'],
      });
    }
});
