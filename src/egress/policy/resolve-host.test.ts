import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { createDnsCache, type DnsAnswer } from './dns-cache.ts';
import { createDnsLookup, type Lookup } from './dns-lookup.ts';
import { openHostsFile } from './hosts-file.ts';
import { createHostResolver } from './resolve-host.ts';

const PUBLIC = '93.184.215.14';
const PUBLIC_6 = '2606:2800:21f:cb07::1';

/** A resolver over a table of answers, with a clock of its own. */
function stage(table: Record<string, readonly string[] | Error>, ttlSeconds = 30) {
  const asked: string[] = [];
  const clock = { now: 1_000_000, nowMs: () => clock.now };
  const lookup: Lookup = async (host) => {
    asked.push(host);
    const answer = table[host] ?? [];
    if (answer instanceof Error) throw answer;
    return { addresses: answer, ttlSeconds };
  };
  const own = ['198.41.0.4', '2606:2800::7', '10.0.0.7'];
  const resolver = createHostResolver({ clock, lookup, ownAddresses: () => own });
  const resolve = (host: string, ranges: readonly string[] = []) =>
    resolver.resolve({ host, ranges, machineId: 'm', signal: new AbortController().signal });
  return { asked, clock, resolve, table };
}

test('checked addresses come back, IPv4 first', async () => {
  const { resolve } = stage({ 'a.example': [PUBLIC_6, PUBLIC, PUBLIC] });
  assert.deepEqual(await resolve('a.example'), {
    ok: true,
    addresses: [
      { address: PUBLIC, family: 4 },
      { address: PUBLIC_6, family: 6 },
    ],
  });
});

test('addresses that may not be reached are dropped; if none is left it says which and why', async () => {
  const { resolve } = stage({
    'mixed.example': ['10.0.0.1', PUBLIC, '169.254.169.254'],
    'inside.example': ['10.0.0.1', '::1'],
    'odd.example': ['fe80::1%eth0', 'nonsense'],
  });
  const mixed = await resolve('mixed.example');
  assert.deepEqual(mixed, { ok: true, addresses: [{ address: PUBLIC, family: 4 }] });
  const inside = await resolve('inside.example');
  assert.ok(!inside.ok && inside.code === 'refused');
  assert.match(inside.reason, /^inside\.example leads to 10\.0\.0\.1 \(a private address\), ::1/);
  assert.equal((await resolve('odd.example')).ok, false);
  const opened = await resolve('inside.example', ['10.0.0.0/8']);
  assert.deepEqual(opened, { ok: true, addresses: [{ address: '10.0.0.1', family: 4 }] });
});

test('the addresses of this host are refused however they are written', async () => {
  const { resolve } = stage({
    'v4.example': ['198.41.0.4'],
    'mapped.example': ['::ffff:198.41.0.4'],
    'v6.example': ['2606:2800:0:0::7'],
    'lan.example': ['10.0.0.7'],
  });
  for (const host of ['v4.example', 'mapped.example', 'v6.example', 'lan.example'])
    assert.equal((await resolve(host, ['10.0.0.0/8', '198.41.0.0/16'])).ok, false, host);
  assert.equal((await resolve('v4.example', ['198.41.0.4/32'])).ok, true);
  assert.equal((await resolve('lan.example', ['10.0.0.7/32'])).ok, true);
});

test('a name that is bound again is checked again', async () => {
  const { resolve, clock, table } = stage({ 'a.example': [PUBLIC] }, 5);
  assert.equal((await resolve('a.example')).ok, true);
  table['a.example'] = ['127.0.0.1'];
  assert.deepEqual(await resolve('a.example'), {
    ok: true,
    addresses: [{ address: PUBLIC, family: 4 }],
  });
  clock.now += 5_000;
  const rebound = await resolve('a.example');
  assert.ok(!rebound.ok && rebound.code === 'refused');
});

test('answers hold as long as they say, within bounds; failures are asked again at once', async () => {
  const { resolve, clock, asked, table } = stage({ 'a.example': [PUBLIC] }, 86_400);
  await resolve('a.example');
  await resolve('a.example');
  assert.deepEqual(asked, ['a.example']);
  clock.now += 60_000;
  await resolve('a.example');
  assert.equal(asked.length, 2);
  const missing = await resolve('no.example');
  assert.ok(!missing.ok && missing.code === 'not_found');
  await resolve('no.example');
  assert.equal(asked.length, 3);
  clock.now += 5_000;
  table['no.example'] = new Error('SERVFAIL');
  const failed = await resolve('no.example');
  assert.ok(!failed.ok && failed.code === 'failed');
  assert.match(failed.reason, /SERVFAIL/);
  await resolve('no.example');
  assert.equal(asked.length, 5);
});

test('one question serves all who wait; giving up ends only the waiting', async () => {
  const answer = Promise.withResolvers<DnsAnswer>();
  let asked = 0;
  const resolver = createHostResolver({
    clock: systemClock,
    ownAddresses: () => [],
    lookup: () => {
      asked++;
      return answer.promise;
    },
  });
  const gone = new AbortController();
  const stays = new AbortController();
  const ask = (signal: AbortSignal) =>
    resolver.resolve({ host: 'a.example', ranges: [], machineId: 'm', signal });
  const [first, second] = [ask(gone.signal), ask(stays.signal)];
  gone.abort();
  const ended = await first;
  assert.ok(!ended.ok && ended.code === 'failed');
  answer.resolve({ addresses: [PUBLIC], ttlSeconds: 1 });
  assert.equal((await second).ok, true);
  assert.equal(asked, 1);
});

test('a machine cannot ask for more than its share of names', async () => {
  const resolver = createHostResolver({
    ...{ clock: systemClock, ownAddresses: () => [] },
    lookup: (_host, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  const gone = new AbortController();
  const ask = (machineId: string, host: string) =>
    resolver.resolve({ host, ranges: [], machineId, signal: gone.signal });
  const waiting = Array.from({ length: 20 }, (_, index) => ask('greedy', `n${index}.example`));
  const refused = await ask('greedy', 'n20.example');
  assert.ok(!refused.ok && refused.code === 'busy');
  const other = ask('modest', 'other.example');
  gone.abort();
  const ended = await other;
  assert.ok(!ended.ok && ended.code === 'failed');
  await Promise.all(waiting);
});

test('the cache keeps a bounded number of names, those used last', () => {
  const cache = createDnsCache({ clock: systemClock, maxHosts: 2 });
  const answer = { addresses: [PUBLIC], ttlSeconds: 60 };
  cache.set('a', answer);
  cache.set('b', answer);
  cache.get('a');
  cache.set('c', answer);
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [answer, undefined, answer]);
});

test('the hosts file is read as hosts(5) says, and again when it changed', async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-hosts-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'hosts');
  let now = 0;
  const hosts = openHostsFile({ path, nowMs: () => now });
  assert.deepEqual(await hosts.addresses('a.example'), []);
  await writeFile(
    path,
    '# x\n10.0.0.1\tA.example a # b.example\n\nfd00::1 a.example\nx y.example\n',
  );
  now += 1_000;
  assert.deepEqual(await hosts.addresses('a.example'), ['10.0.0.1', 'fd00::1']);
  assert.deepEqual(await hosts.addresses('b.example'), []);
  assert.deepEqual(await hosts.addresses('y.example'), []);
  await writeFile(path, '10.0.0.2 a.example\n');
  await utimes(path, 1, 1);
  now += 1_000;
  assert.deepEqual(await hosts.addresses('a.example'), ['10.0.0.2']);
});

test('localhost is known from the hosts file, and stays shut without its range', async () => {
  const resolver = createHostResolver({ clock: systemClock });
  const ask = (ranges: readonly string[]) =>
    resolver.resolve({
      ...{ host: 'localhost', ranges, machineId: 'm' },
      signal: new AbortController().signal,
    });
  const shut = await ask([]);
  assert.ok(!shut.ok && shut.code === 'refused', JSON.stringify(shut));
  const open = await ask(['127.0.0.0/8']);
  assert.ok(open.ok && open.addresses.some(({ address }) => address === '127.0.0.1'));
});

test('a DNS server that says nothing is given up when the caller goes', async (t) => {
  const silent = createSocket('udp4');
  t.after(() => silent.close());
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  const lookup = createDnsLookup({
    clock: systemClock,
    servers: [`127.0.0.1:${silent.address().port}`],
  });
  const gone = new AbortController();
  silent.once('message', () => gone.abort());
  await assert.rejects(lookup('silent.example', gone.signal));
});
