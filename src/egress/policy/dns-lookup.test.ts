/** Against a real DNS server on loopback, which says what the test wants. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { createDnsLookup } from './dns-lookup.ts';
import { createHostResolver } from './resolve-host.ts';

const A = 1;
const AAAA = 28;
type Answers = Readonly<Record<number, readonly string[] | 'NXDOMAIN' | 'SERVFAIL'>>;

/** Answers by name and type; TTL 30 for A, 20 for AAAA. Unknown names do not exist. */
async function dnsServer(t: TestContext, table: Readonly<Record<string, Answers>>) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    asked.push(`${name} ${type}`);
    const answer = table[name] === undefined ? 'NXDOMAIN' : (table[name][type] ?? []);
    const rcode = answer === 'NXDOMAIN' ? 3 : answer === 'SERVFAIL' ? 2 : 0;
    const records = typeof answer === 'string' ? [] : answer;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | rcode, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    const body = records.map((address) => record(type, address));
    socket.send(Buffer.concat([header, query.subarray(12, end), ...body]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { asked, servers: [`127.0.0.1:${socket.address().port}`] };
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function record(type: number, address: string): Buffer {
  const data =
    type === A
      ? Buffer.from(address.split('.').map(Number))
      : Buffer.from(address.split(':').flatMap((part) => [...hex16(part)]));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(type === A ? 30 : 20, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const hex16 = (part: string) => Buffer.from(part.padStart(4, '0'), 'hex');
const SIX = '2606:2800:021f:cb07:0000:0000:0000:0001';
const signal = () => new AbortController().signal;

test('both families are asked for, and the shorter time counts', async (t) => {
  const { servers, asked } = await dnsServer(t, {
    'a.example': { [A]: ['93.184.215.14', '93.184.215.15'], [AAAA]: [SIX] },
    'four.example': { [A]: ['93.184.215.14'] },
    'six.example': { [A]: 'SERVFAIL', [AAAA]: [SIX] },
  });
  const lookup = createDnsLookup({ clock: systemClock, servers });
  const both = await lookup('a.example', signal());
  assert.deepEqual(both.addresses.slice(0, 2).sort(), ['93.184.215.14', '93.184.215.15']);
  assert.deepEqual([both.addresses.length, both.ttlSeconds], [3, 20]);
  assert.deepEqual(asked.sort(), [`a.example ${A}`, `a.example ${AAAA}`]);
  assert.deepEqual(await lookup('four.example', signal()), {
    ...{ addresses: ['93.184.215.14'], ttlSeconds: 30 },
  });
  assert.equal((await lookup('six.example', signal())).addresses.length, 1);
});

test('no such name, a name without addresses, and a server that fails are told apart', async (t) => {
  const { servers } = await dnsServer(t, {
    'bare.example': {},
    'broken.example': { [A]: 'SERVFAIL', [AAAA]: 'SERVFAIL' },
  });
  const lookup = createDnsLookup({ clock: systemClock, servers });
  const resolver = createHostResolver({ clock: systemClock, lookup });
  const codeOf = async (host: string) => {
    const found = await resolver.resolve({ host, ranges: [], machineId: 'm', signal: signal() });
    return found.ok ? 'ok' : found.code;
  };
  assert.equal(await codeOf('no.example'), 'not_found');
  assert.equal(await codeOf('bare.example'), 'not_found');
  assert.equal(await codeOf('broken.example'), 'failed');
});

test('what DNS says is checked: a public name that leads inside leads nowhere', async (t) => {
  const { servers } = await dnsServer(t, {
    'evil.example': { [A]: ['127.0.0.1', '169.254.169.254'], [AAAA]: ['0:0:0:0:0:ffff:0a00:0001'] },
  });
  const lookup = createDnsLookup({ clock: systemClock, servers });
  const resolver = createHostResolver({ clock: systemClock, lookup });
  const ask = (ranges: readonly string[]) =>
    resolver.resolve({ host: 'evil.example', ranges, machineId: 'm', signal: signal() });
  const refused = await ask([]);
  assert.ok(!refused.ok && refused.code === 'refused', JSON.stringify(refused));
  const opened = await ask(['10.0.0.0/8']);
  assert.ok(opened.ok, JSON.stringify(opened));
  assert.deepEqual(
    opened.addresses.map(({ family }) => family),
    [6],
  );
});
