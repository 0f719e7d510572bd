import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { egressPolicyFrom, egressSpec } from '../../contracts/egress-policy.ts';
import { decide } from './decide.ts';
import { pathPrefixes } from './path-prefixes.ts';
import { type EgressObservation, suggestPolicy } from './suggest-policy.ts';

function seen(text: string, more: Partial<EgressObservation> = {}): EgressObservation {
  const [method = '', target = ''] = text.split(' ');
  const url = new URL(target);
  return {
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    host: url.hostname,
    port: Number(url.port) || (url.protocol === 'http:' ? 80 : 443),
    ...{ method, path: url.pathname, refused: false },
    ...more,
  };
}
const textsOf = (observations: readonly EgressObservation[]) =>
  suggestPolicy(observations).rules.map(({ text }) => text);

test('paths are cut where an id begins, and few prefixes are left', () => {
  const cases: readonly [readonly string[], readonly string[] | undefined][] = [
    [['/v1/chat/completions'], ['/v1/chat/completions']],
    [['/v1/orders/17', '/v1/orders/18/lines'], ['/v1/orders']],
    [['/o/6f9619ff-8b86-d011-b42d-00c04fc964ff/x'], ['/o']],
    [['/blob/0123456789abcdef0123'], ['/blob']],
    [['/files/file_abc123def456ghi'], ['/files']],
    [['/threads/thr_8fKq2mZx91LpQr/runs'], ['/threads']],
    [['/v1/models/gpt-4o-mini-2024-07-18'], ['/v1/models/gpt-4o-mini-2024-07-18']],
    [
      ['/a', '/a/b', '/ab'],
      ['/a', '/ab'],
    ],
    [['/a/b?x=1'], ['/a/b']],
    [['/a/%2e%2e/b'], ['/a']],
    [['/a/b/c/d/e/f'], ['/a/b/c/d']],
    [['/x/1', '/x/a', '/x/b', '/x/c', '/x/d', '/x/e', '/x/f'], ['/x']],
    [['/', '/a'], undefined],
    [['/1'], undefined],
    [['a', 'b', 'c', 'd', 'e', 'f'].map((one) => `/${one}`), undefined],
  ];
  for (const [paths, prefixes] of cases)
    assert.deepEqual(pathPrefixes(paths), prefixes, JSON.stringify(paths));
});

test('calls become one rule for each host and each set of methods', () => {
  const { rules, stillRefused } = suggestPolicy([
    seen('POST https://api.example.com/v1/chat/completions'),
    seen('POST https://api.example.com/v1/chat/completions', { refused: true }),
    seen('GET https://api.example.com/v1/models'),
    seen('GET http://plain.example.org/x/1'),
    seen('GET https://plain.example.org/x/2'),
    seen('PROPFIND https://dav.example.org/x'),
  ]);
  assert.deepEqual(
    rules.map(({ text, seen: count, refused }) => [text, count, refused]),
    [
      ['api.example.com:443 GET /v1/models', 1, 0],
      ['api.example.com:443 POST /v1/chat/completions', 2, 1],
      ['dav.example.org:443', 1, 0],
      ['plain.example.org:80,443 GET /x', 2, 0],
    ],
  );
  assert.deepEqual(stillRefused, []);
});

test('connections, passed through or not, are allowed as such', () => {
  const connection = {
    scheme: 'https',
    host: 'git.example.com',
    port: 443,
    refused: false,
  } as const;
  assert.deepEqual(textsOf([connection]), ['git.example.com:443']);
  assert.deepEqual(textsOf([{ ...connection, unseen: true }]), [
    'git.example.com:443 (passed through unseen)',
  ]);
  assert.deepEqual(textsOf([{ ...connection, scheme: 'tcp', port: 5432 }]), [
    'git.example.com:5432 (passed through unseen)',
  ]);
});

test('many names below one are a wildcard, unless everybody can have a name there', () => {
  const hosts = (parent: string) =>
    ['a', 'b', 'c', 'd', 'e'].map((one) => seen(`GET https://${one}.${parent}/x`));
  assert.deepEqual(textsOf(hosts('cdn.example.com')), ['*.cdn.example.com:443 GET /x']);
  assert.equal(textsOf(hosts('com')).length, 5);
  assert.equal(textsOf(hosts('co.uk')).length, 5);
  assert.equal(textsOf(hosts('cdn.example.com').slice(1)).length, 4);
});

test('what no rule can allow is said with how often and why', () => {
  const { rules, stillRefused } = suggestPolicy([
    seen('GET https://x.example/', { host: '169.254.169.254', refused: true }),
    seen('GET https://x.example/', { host: '169.254.169.254', refused: true }),
    seen('TRACE https://a.example.com/', { refused: true }),
    seen('GET https://a.example.com/v1/x', { path: '/v1/../x', refused: true }),
    seen('GET https://a.example.com/v1/y'),
  ]);
  assert.equal(rules.length, 1);
  assert.deepEqual(
    stillRefused.map(({ host, count }) => [host, count]),
    [
      ['169.254.169.254', 2],
      ['a.example.com', 1],
    ],
  );
  assert.match(stillRefused[0]?.reason ?? '', /address/);
});

test('a private range that is in force is kept, for its host', () => {
  const calls = ['GET https://ledger.corp.example/v1', 'GET https://b.example.com/'];
  const inForce = egressPolicyFrom(
    egressSpec.parse({ allow: [{ host: 'ledger.corp.example', ranges: ['10.20.0.0/16'] }] }),
  ).rules;
  const { rules, yaml } = suggestPolicy(
    calls.map((call) => seen(call)),
    inForce,
  );
  assert.deepEqual(
    rules.map(({ rule }) => [rule.host, rule.ranges]),
    [
      ['b.example.com', undefined],
      ['ledger.corp.example', ['10.20.0.0/16']],
    ],
  );
  assert.match(yaml, /ranges: \[10\.20\.0\.0\/16\]/);
});

test('the YAML says the same as the rules, with how often each was needed', () => {
  const { yaml, rules } = suggestPolicy([
    seen('GET https://api.example.com/'),
    seen('POST https://api.example.com/v1/chat', { refused: true, privateAddress: true }),
    seen('GET https://b.example.com:8443/'),
    { scheme: 'tcp', host: 'db.example.com', port: 5432, refused: false },
  ]);
  const { egress } = parse(yaml);
  assert.deepEqual(
    egressPolicyFrom(egressSpec.parse(egress)).rules,
    rules.map(({ rule }) => rule),
  );
  assert.match(yaml, /# seen 1 time\n/);
  assert.match(yaml, /# seen 1 time, all refused; leads to a private address/);
  assert.match(suggestPolicy([]).yaml, /allow: \[\]/);
});

const host = fc.oneof(
  fc.constantFrom('api.example.com', 'a.example.org', 'b.example.org', '10.0.0.1', '[::1]', 'x y'),
  fc.stringMatching(/^[a-f]\.cdn\.example\.net$/),
  fc.string({ maxLength: 10 }),
);
const segment = fc.oneof(
  fc.constantFrom('v1', 'x', '12', '..', '%2e', 'é', '#: [', 'file_abc123def456ghi', ''),
  fc.string({ maxLength: 5 }),
);
const observation: fc.Arbitrary<EgressObservation> = fc.record(
  {
    scheme: fc.constantFrom('http', 'https', 'tcp') as fc.Arbitrary<EgressObservation['scheme']>,
    host,
    port: fc.constantFrom(80, 443, 8443),
    method: fc.constantFrom('GET', 'POST', 'PROPFIND', 'TRACE'),
    path: fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
    refused: fc.boolean(),
    unseen: fc.boolean(),
  },
  { requiredKeys: ['scheme', 'host', 'port', 'refused'] },
);

test('every observation is allowed by the suggestion or told as still refused, and the YAML is one', () => {
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 30 }), (observations) => {
      const { rules, stillRefused, yaml } = suggestPolicy(observations);
      const policy = egressPolicyFrom(egressSpec.parse(parse(yaml).egress));
      assert.deepEqual(
        policy.rules,
        rules.map(({ rule }) => rule),
      );
      const allowed = observations.filter((one) => decide(policy, one).allowed).length;
      const counted = rules.reduce((sum, { seen: count }) => sum + count, 0);
      const refused = stillRefused.reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted + refused, observations.length);
      assert.ok(Math.abs(allowed - counted) <= refused, yaml);
    }),
    { numRuns: 500 },
  );
});
