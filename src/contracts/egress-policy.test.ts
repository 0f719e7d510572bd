import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentConfigFrom } from './agent-config.ts';
import { egressPolicyFrom, egressRange, egressRule, egressSpec } from './egress-policy.ts';
import { manifest } from './manifest.ts';
import { formatIssue, validate } from './validate.ts';

const HEAD = { apiVersion: 'swarm/v1', kind: 'Agent', metadata: { name: 'desk' } };
const withEgress = (egress?: unknown) => ({
  ...HEAD,
  spec: { image: 'desk:1', ...(egress !== undefined && { egress }) },
});

function faults(egress: unknown): string[] {
  const result = validate(manifest, withEgress(egress));
  return result.ok ? [] : result.issues.map(formatIssue);
}

/** What is said of one host in the short form. */
function faultOf(host: string): string {
  const found = faults({ allow: ['fine.example.com', host] });
  assert.equal(found.length, 1, `${host}: ${JSON.stringify(found)}`);
  const [said = ''] = found;
  assert.ok(said.startsWith('spec.egress.allow[1]: '), said);
  return said.slice('spec.egress.allow[1]: '.length);
}

test('a host that cannot be is refused with its rule, its value and what to write', () => {
  const cases: Readonly<Record<string, RegExp>> = {
    '': /is empty/,
    'https://api.example.com': /has a scheme: write the host alone$/,
    'http://api.example.com': /has a scheme: .*port 80/,
    'api.example.com/v1': /has a path.*"paths"/,
    'user@example.com': /has a user/,
    'a b.example.com': /has a space/,
    'API.example.com': /capital letters: write api\.example\.com$/,
    'api.example.com.': /ends with a dot: write api\.example\.com$/,
    'bücher.example': /outside ASCII: write xn--bcher-kva\.example$/,
    '*.bücher.example': /outside ASCII: write \*\.xn--bcher-kva\.example$/,
    '*': /would allow everything/,
    '*.com': /too broad/,
    '*.co.uk': /too broad/,
    'a.*.example.com': /"\*" in the wrong place/,
    '**.example.com': /"\*" in the wrong place/,
    '*example.com': /"\*" in the wrong place/,
    '10.0.0.1': /is an address/,
    '10.0.0.1:443': /is an address/,
    '2130706433': /is an address/,
    '0x7f.1': /is an address/,
    '[::1]': /is an address/,
    '::1': /is an address/,
    '[::1]:443': /is an address/,
    'a..example.com': /two dots/,
    '.example.com': /two dots/,
    '-a.example.com': /begins or ends with "-"/,
    'a$b.example.com': /characters that no host name can have/,
    'api.example.com:0': /no such port/,
    'api.example.com:70000': /no such port/,
    'api.example.com:https': /has a port/,
    [`${'a'.repeat(64)}.example.com`]: /more than 63/,
    [`${'a.'.repeat(130)}com`]: /at most 253/,
  };
  for (const [host, said] of Object.entries(cases)) {
    const fault = faultOf(host);
    assert.match(fault, said, host);
    assert.ok(fault.startsWith(`"${host.slice(0, 60)}`), fault);
  }
});

test('in the long form the key is named too', () => {
  const said = faults({ allow: [{ host: 'api.example.com:8443' }, { host: '*.com' }] });
  assert.deepEqual(
    said.map((line) => line.split(':')[0]),
    ['spec.egress.allow[0].host', 'spec.egress.allow[1].host'],
  );
  assert.match(said[0] ?? '', /"ports"/);
});

test('paths and ranges that mean something else than written are refused', () => {
  const pathFault = (path: string) => faults({ allow: [{ host: 'a.example.com', paths: [path] }] });
  for (const path of [
    'v1',
    '/v1/../x',
    '/v1?x=1',
    '/v1/*',
    '/v1//x',
    '/a b',
    '/a%2fb',
    '/a%',
    '/a\\b',
  ])
    assert.equal(pathFault(path).length, 1, path);
  for (const path of ['/', '/v1', '/v1/', '/a%20b', '/v1/chat/completions', '/@scope/x:y'])
    assert.deepEqual(pathFault(path), [], path);
  for (const range of [
    '0.0.0.0/0',
    '0.0.0.0/7',
    '::/0',
    '10.0.0.0',
    '10.0.0.0/33',
    'x',
    'fe00::/6',
  ])
    assert.equal(egressRange.safeParse(range).success, false, range);
  for (const range of ['10.0.0.0/8', '127.0.0.1/32', 'fc00::/7', 'fd00::/8', '::1/128'])
    assert.equal(egressRange.safeParse(range).success, true, range);
});

test('what passes unseen cannot be held to methods or paths', () => {
  const rule = { host: 'a.example.com', intercept: false };
  assert.equal(egressRule.safeParse(rule).success, true);
  assert.equal(egressRule.safeParse({ ...rule, methods: ['GET'] }).success, false);
  assert.equal(egressRule.safeParse({ ...rule, paths: ['/v1'] }).success, false);
});

test('both forms become one, each list in one order', () => {
  const spec = egressSpec.parse({
    allow: [
      'api.example.com',
      '*.example.org:8443',
      'db',
      {
        host: 'x_y.example.com',
        ports: [443, 80, 443],
        methods: ['POST', 'GET'],
        paths: ['/b', '/a'],
        ranges: ['10.0.0.0/8'],
      },
    ],
    rate: { calls_per_minute: 60 },
  });
  assert.deepEqual(egressPolicyFrom(spec), {
    mode: 'enforce',
    rules: [
      { host: 'api.example.com', ports: [443], intercept: true },
      { host: '*.example.org', ports: [8443], intercept: true },
      { host: 'db', ports: [443], intercept: true },
      {
        host: 'x_y.example.com',
        ports: [80, 443],
        methods: ['GET', 'POST'],
        paths: ['/a', '/b'],
        ranges: ['10.0.0.0/8'],
        intercept: true,
      },
    ],
    callsPerMinute: 60,
  });
});

test('a manifest without the key makes the configuration that it made before', () => {
  const without = agentConfigFrom(manifest.parse(withEgress()));
  assert.equal(Object.hasOwn(without, 'egress'), false);
  const empty = agentConfigFrom(manifest.parse(withEgress({})));
  assert.deepEqual(empty.egress, { mode: 'enforce', rules: [] });
});

test('unknown keys and modes are told with the nearest known one', () => {
  assert.match(faults({ allows: [] })[0] ?? '', /did you mean "allow"/);
  assert.match(faults({ mode: 'audt' })[0] ?? '', /did you mean "audit"/);
  assert.match(
    faults({ allow: [{ host: 'a.example.com', port: 443 }] })[0] ?? '',
    /did you mean "ports"/,
  );
});
