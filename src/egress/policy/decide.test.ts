import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostFault } from '../../contracts/egress-host.ts';
import { type EgressPolicy, egressPolicyFrom, egressSpec } from '../../contracts/egress-policy.ts';
import { decide, type EgressRequest } from './decide.ts';
import { normaliseHost } from './normalise-host.ts';

const policyOf = (spec: unknown): EgressPolicy => egressPolicyFrom(egressSpec.parse(spec));

const policy = policyOf({
  allow: [
    'api.example.com',
    { host: '*.example.org', ports: [443, 8443], methods: ['GET'] },
    { host: 'shop.example.net', methods: ['GET', 'POST'], paths: ['/v1/orders', '/public/'] },
    { host: 'db.example.net', ports: [5432], intercept: false, ranges: ['10.0.0.0/8'] },
    { host: 'db.example.net', ports: [5432, 80], ranges: ['fd00::/8'] },
    { host: 'git.example.org', intercept: false },
  ],
});
const call = (url: string, method = 'GET'): EgressRequest => {
  const [, scheme = '', host = '', port, path = '/'] =
    /^(\w+):\/\/([^/]*?)(?::(\d+))?(\/.*)?$/s.exec(url) ?? [];
  return {
    scheme: scheme as EgressRequest['scheme'],
    ...{ host, method, path, port: port === undefined ? 443 : Number(port) },
  };
};
const judge = (url: string, method?: string) => decide(policy, call(url, method));

test('a call is allowed by host, port, method and path together', () => {
  const allowed: readonly [string, string?][] = [
    ['https://api.example.com/'],
    ['https://API.Example.COM./x', 'DELETE'],
    ['https://api.example.com/any?x=/../', 'PROPFIND'],
    ['https://a.example.org/'],
    ['https://a.b.example.org:8443/x'],
    ['https://shop.example.net/v1/orders'],
    ['https://shop.example.net/v1/orders/7?q=1', 'POST'],
    ['https://shop.example.net/v1/orders/%C3%A4'],
    ['https://shop.example.net/public/x'],
    ['https://ａｐｉ.example.com/'],
  ];
  for (const [url, method] of allowed) {
    const { allowed: ok, reason } = judge(url, method);
    assert.ok(ok, `${url}: ${reason}`);
  }
});

test('a refused call is told why, with the rule that came nearest', () => {
  const refused: readonly [string, string, string, number?][] = [
    ['https://example.com/', 'GET', 'host_not_allowed'],
    ['https://xapi.example.com/', 'GET', 'host_not_allowed'],
    ['https://example.org/', 'GET', 'host_not_allowed'],
    ['https://badexample.org/', 'GET', 'host_not_allowed'],
    ['https://api.example.com.evil.net/', 'GET', 'host_not_allowed'],
    ['https://api.example.com:444/', 'GET', 'port_not_allowed', 0],
    ['https://a.example.org/', 'POST', 'method_not_allowed', 1],
    ['https://a.example.org/', 'get', 'method_not_allowed', 1],
    ['https://api.example.com/', 'TRACE', 'method_not_allowed', 0],
    ['https://api.example.com/', 'connect', 'method_not_allowed', 0],
    ['https://shop.example.net/v1/ordersx', 'GET', 'path_not_allowed', 2],
    ['https://shop.example.net/v1', 'GET', 'path_not_allowed', 2],
    ['https://shop.example.net/V1/orders', 'GET', 'path_not_allowed', 2],
    ['https://shop.example.net/public', 'GET', 'path_not_allowed', 2],
    ['tcp://api.example.com/', 'GET', 'protocol_not_allowed', 0],
  ];
  for (const [url, method, code, index] of refused) {
    const decision = judge(url, method);
    assert.deepEqual(
      [decision.allowed, decision.code, decision.rule?.index],
      [false, code, index],
      `${method} ${url}: ${decision.reason}`,
    );
    assert.ok(decision.reason.length > 10);
  }
});

test('a path that servers read in different ways is refused, unless all readings are allowed', () => {
  const unclear = [
    '/v1/orders/../admin',
    '/v1/orders/..',
    '/v1/orders/%2e%2e/admin',
    '/v1/orders/.%2E/admin',
    '/v1/orders/%252e%252e/admin',
    '/v1/orders%2f..%2fadmin',
    '/v1/orders/..%5cadmin',
    '/v1/orders\\..\\..\\admin',
    '/v1/orders/..;/..;/admin',
    '/v1/orders/..;x=1/admin',
    '//v1/orders',
    '/v1//orders',
    '/x/../v1/orders',
    '/v1/%6frders',
    '/v1%2forders',
    '/v1/orders;x',
    '/%2525252525252e',
    '/v1/orders/..%3b/..%3b/admin',
    '/v1/orders/x//../../y',
    '/v1/orders/%00/x',
    '/v1/orders/%0d%0a',
    '/v1/orders/%c0%ae%c0%ae/x',
    '/v1/orders/%u002e%u002e/x',
    '/v1/orders/%',
    '/v1/orders/%2500',
    '/v1/orders/a#b',
    '/v1/orders/\u0000',
    '/v1/orders/a b',
    '*',
    '',
    'http://other.example/v1/orders',
    'v1/orders',
  ];
  for (const path of unclear) {
    const decision = decide(policy, { ...call('https://shop.example.net/'), path });
    assert.equal(decision.allowed, false, path);
    assert.match(decision.code ?? '', /^path_/, path);
  }
  for (const path of ['/v1/orders//x', '/v1/orders/a/../b', '/v1/orders/a;b/c', '/v1/orders/%2e'])
    assert.equal(
      decide(policy, { ...call('https://shop.example.net/'), path }).allowed,
      true,
      path,
    );
});

test('what is no plain name of DNS is refused in every mode', () => {
  const audit: EgressPolicy = { ...policy, mode: 'audit' };
  const hosts = [
    ...[
      '',
      '.',
      '..',
      '127.0.0.1',
      '127.1',
      '0177.0.0.1',
      '0x7f000001',
      '0x7f.0.0.1',
      '2130706433',
    ],
    ...[
      '127.0.0.1.',
      '１２７.０.０.１',
      '127。0。0。1',
      '①②⑦.0.0.1',
      '[::1]',
      '::1',
      '[::ffff:127.0.0.1]',
    ],
    ...['fe80::1%eth0', '[fe80::1%25eth0]', 'user@api.example.com', 'api.example.com@evil.net'],
    ...['api.example.com%2eevil.net', '%61pi.example.com', 'api.example.com\u0000.evil.net'],
    ...['api.example.com\r\nx: y', 'api.example.com\t', ' api.example.com', 'api.example.com:443'],
    ...['api..example.com', '.api.example.com', 'api.example.com..', 'a_b-.example.com'],
    ...['-a.example.com', `${'a'.repeat(64)}.example.com`, `${'a.'.repeat(127)}com`],
    ...['a'.repeat(5000), 'api.example.com/x', 'api.example.com\\x', 'api.example.com?x', 'a#b'],
    ...['xn--.example.com', 'a\u2028b.example'],
    ...[
      '*.example.com',
      'api,example.com',
      'a;b.example.com',
      "a'b.example.com",
      '1',
      '0x',
      'a.0x1',
    ],
    ...[
      'api.example.com\u00a0',
      'api.example.com\u200b\u0000',
      'a\u007f.example.com',
      '[api.example.com]',
    ],
  ];
  for (const host of hosts)
    for (const one of [policy, audit]) {
      const decision = decide(one, { ...call('https://x/'), host });
      assert.equal(decision.code, 'host_invalid', JSON.stringify(host));
      assert.deepEqual([decision.allowed, decision.host, decision.wouldRefuse], [false, '', false]);
    }
});

test('names are taken as IDNA says, and only if they are written that way', () => {
  const cases: Readonly<Record<string, string>> = {
    'bücher.example': 'xn--bcher-kva.example',
    'BÜCHER.example.': 'xn--bcher-kva.example',
    'xn--bcher-kva.example': 'xn--bcher-kva.example',
    'api。example.com': 'api.example.com',
    'ap\u00adi.example.com': 'api.example.com',
    '1.2.3.4.nip.example': '1.2.3.4.nip.example',
    _dmarc: '_dmarc',
  };
  for (const [given, host] of Object.entries(cases))
    assert.deepEqual(normaliseHost(given), { ok: true, host }, given);
});

test('mode audit lets through what no rule allows, and says that it would not', () => {
  const audit: EgressPolicy = { ...policy, mode: 'audit' };
  const refused = decide(audit, call('https://evil.net/'));
  assert.deepEqual(
    [refused.allowed, refused.wouldRefuse, refused.code, refused.ranges],
    [true, true, 'host_not_allowed', []],
  );
  const inside = decide(audit, { ...call('http://db.example.net:80/'), method: 'TRACE' });
  assert.deepEqual([inside.wouldRefuse, inside.ranges], [true, ['fd00::/8']]);
  const fine = decide(audit, call('https://api.example.com/'));
  assert.deepEqual([fine.allowed, fine.wouldRefuse, fine.code], [true, false, undefined]);
});

test('interception is what the most specific rule says, ranges are those of all that allow it', () => {
  assert.equal(judge('https://x.example.org/').intercept, true);
  assert.equal(judge('https://git.example.org/').intercept, false);
  const db = { host: 'db.example.net', port: 5432 };
  const tcp = decide(policy, { scheme: 'tcp', ...db });
  assert.deepEqual([tcp.allowed, tcp.intercept, tcp.ranges], [true, false, ['10.0.0.0/8']]);
  const tls = decide(policy, { scheme: 'https', ...db });
  assert.deepEqual([tls.allowed, tls.intercept], [true, false]);
  assert.deepEqual(tls.ranges, ['10.0.0.0/8', 'fd00::/8']);
  assert.equal(judge('https://evil.net/').intercept, true);
});

test('a connection is judged by what is known of it', () => {
  const at = (host: string, port = 443) => decide(policy, { scheme: 'https', host, port });
  assert.equal(at('shop.example.net').allowed, true);
  assert.equal(at('shop.example.net', 80).code, 'port_not_allowed');
  assert.equal(at('evil.net').code, 'host_not_allowed');
});

test('no rules allow nothing', () => {
  const none = policyOf({});
  assert.equal(decide(none, call('https://api.example.com/')).code, 'host_not_allowed');
});

/** A model that knows no hostile forms: it takes what the URL standard takes, and compares. */
function modelAllows({ rules }: EgressPolicy, request: EgressRequest): boolean {
  const url = URL.parse(`http://${request.host}${request.path ?? ''}`);
  if (url === null) return false;
  const host = url.hostname.replace(/\.$/, '');
  const decoded = decodeLoosely(url.pathname);
  return rules.some(
    (rule) =>
      (rule.host === host || (rule.host.startsWith('*.') && host.endsWith(rule.host.slice(1)))) &&
      rule.ports.includes(request.port) &&
      (rule.methods === undefined || rule.methods.some((one) => one === request.method)) &&
      (rule.paths === undefined ||
        rule.paths.some((prefix) =>
          [url.pathname, decoded].every(
            (path) =>
              path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`),
          ),
        )),
  );
}

function decodeLoosely(pathname: string): string {
  const text = pathname.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return new URL(`http://x${text.replace(/[?#]/g, '_')}`).pathname.replace(/\/{2,}/g, '/');
}

const piece = fc.constantFrom(
  ...['v1', 'orders', 'public', 'admin', 'x', '.', '..', '%2e', '%2E%2e', '%2f', '%5c', '\\', ';'],
  ...['', '%25', '%252e', 'é', '%C3%A9', '?', '#', 'a b', '\u0000', '..;', '%', '%zz', '%c0%ae'],
);
const path = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
  fc.array(piece, { maxLength: 6 }).map((parts) => `/v1/orders${parts.join('')}`),
  fc
    .tuple(fc.array(piece, { maxLength: 4 }), fc.array(piece, { maxLength: 4 }))
    .map(([before, after]) => `/${before.join('/')}/v1/orders/${after.join('/')}`),
);
const hostPiece = fc.constantFrom(
  ...['api', 'example', 'com', 'org', 'net', 'shop', 'evil', 'A', '.', '..', '@', ':', '%2e', '-'],
  ...[
    '127',
    '0x7f',
    '１',
    '。',
    '\u00ad',
    'ü',
    'xn--',
    '\u0000',
    '/',
    '\\',
    '?',
    '#',
    '[',
    ']',
    '*',
  ],
);
const host = fc.oneof(
  fc.constantFrom('api.example.com', 'a.example.org', 'shop.example.net', 'db.example.net'),
  fc.array(hostPiece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('.')),
  fc
    .tuple(hostPiece, fc.constantFrom('shop.example.net', 'example.org'), hostPiece)
    .map((parts) => parts.join('')),
);
const request = fc.record({
  scheme: fc.constantFrom('http', 'https', 'tcp') as fc.Arbitrary<EgressRequest['scheme']>,
  host,
  port: fc.constantFrom(80, 443, 8443, 5432, 0, 65_536),
  method: fc.constantFrom('GET', 'POST', 'get', 'DELETE', 'TRACE', ''),
  path,
});

test('nothing that a simple model denies is allowed', () => {
  let allowed = 0;
  fc.assert(
    fc.property(request, (one) => {
      const decision = decide(policy, one);
      if (!decision.allowed) return;
      allowed++;
      assert.ok(modelAllows(policy, one), JSON.stringify([one, decision]));
    }),
    { numRuns: 20_000 },
  );
  assert.ok(allowed > 100, `the property is about calls that are allowed; there were ${allowed}`);
});

test('plain calls that the model allows are allowed', () => {
  const word = fc.stringMatching(/^[a-z0-9_-]{1,10}$/);
  const plain = fc.record({
    host: fc.constantFrom('api.example.com', 'a.example.org', 'shop.example.net', 'evil.net'),
    method: fc.constantFrom('GET', 'POST'),
    path: fc
      .tuple(fc.constantFrom('/v1/orders', '/public', '/other'), fc.array(word, { maxLength: 3 }))
      .map(([prefix, rest]) => [prefix, ...rest].join('/')),
  });
  fc.assert(
    fc.property(plain, (one) => {
      const asked: EgressRequest = { ...one, scheme: 'https', port: 443 };
      assert.equal(decide(policy, asked).allowed, modelAllows(policy, asked), JSON.stringify(one));
    }),
    { numRuns: 2_000 },
  );
});

test('a host that a rule may name is read as itself', () => {
  const text = fc.oneof(
    fc.stringMatching(/^[a-z0-9_.-]{1,40}$/),
    fc.domain(),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  let named = 0;
  fc.assert(
    fc.property(text, (one) => {
      if (hostFault(one) !== undefined || one.startsWith('*.')) return;
      named++;
      assert.deepEqual(normaliseHost(one), { ok: true, host: one });
    }),
    { numRuns: 1_000 },
  );
  assert.ok(named > 100);
});

test('no input makes it throw', () => {
  const scheme = fc.constantFrom('http', 'https', 'tcp') as fc.Arbitrary<EgressRequest['scheme']>;
  const any = fc.record({
    ...{ scheme, host: fc.string({ unit: 'binary' }), method: fc.string(), path: fc.string() },
    port: fc.integer(),
  });
  fc.assert(
    fc.property(any, (one) => {
      const decision = decide(policy, one);
      assert.equal(typeof decision.reason, 'string');
      assert.ok(decision.reason.length < 1500);
    }),
    { numRuns: 3_000 },
  );
});
