/**
 * Attempts to get out, made by a program inside a real machine: nothing of it may arrive anywhere.
 * Sentinels listen where an escape would end; the one host that is allowed sees only what is allowed.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EGRESS_PROXY_PORT } from '../../src/contracts/guest.ts';
import { makeCallingAgent } from './calling-agent.ts';
import { writeManifest } from './echo-agent.ts';
import { startSwarm } from './swarm-cli.ts';

const BANNER = 'ESCAPED';
const ALLOWED = 'allowed.swarm.test';
const ATTEMPTS = join(import.meta.dirname, 'fixtures', 'escape', 'attempts.mjs');

/** TCP and UDP on one port of loopback: says what it is, and remembers who came. */
async function startSentinel() {
  const arrived: string[] = [];
  const server = createServer((socket) => {
    arrived.push('a connection');
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => arrived.push(bytes.toString('latin1').slice(0, 200)));
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${BANNER.length}\r\n\r\n${BANNER}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const datagrams = createSocket('udp4', (message) => arrived.push(`datagram ${message}`));
  await new Promise<void>((resolve) => datagrams.bind(port, '127.0.0.1', resolve));
  return {
    port,
    arrived,
    close() {
      server.close();
      datagrams.close();
    },
  };
}

test('of more than 200 attempts from inside a machine nothing gets out', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-escape-'));
  const agentFolder = await makeCallingAgent();
  const [sentinel, allowed] = [await startSentinel(), await startSentinel()];
  const hosts = join(folder, 'hosts');
  const names = `${ALLOWED} sentinel.swarm.test rebound.swarm.test`;
  await writeFile(
    hosts,
    `127.0.0.1 ${names}\n169.254.169.254 metadata.swarm.test\n10.1.2.3 private.swarm.test\n`,
  );
  const swarm = await startSwarm({ SWARM_EGRESS_HOSTS_FILE: hosts });
  t.after(async () => {
    await swarm.remove();
    sentinel.close();
    allowed.close();
    await rm(folder, { recursive: true, force: true });
    await rm(agentFolder, { recursive: true, force: true });
  });
  await cp(ATTEMPTS, join(agentFolder, 'attempts.mjs'));
  const rule = { ports: [allowed.port], paths: ['/v1'], methods: ['GET', 'POST'] };
  // These lead to private addresses, which no rule here permits.
  const rebinding = ['metadata', 'private', 'rebound'].map((name) => ({
    ...{ host: `${name}.swarm.test`, ports: [sentinel.port, 80, 443] },
  }));
  const manifest = await writeManifest(agentFolder, {
    name: 'caller',
    spec: {
      resources: { memory: '256MiB', disk: '64MiB' },
      egress: { allow: [{ ...rule, host: ALLOWED, ranges: ['127.0.0.0/8'] }, ...rebinding] },
    },
  });
  await swarm.ok(['deploy', '--agent', manifest]);
  const told = {
    ...{ allowed: ALLOWED, allowedPort: allowed.port, port: sentinel.port },
    ...{ apiPort: Number(new URL(await swarmUrl(swarm.home)).port), proxyPort: EGRESS_PROXY_PORT },
  };
  const { stdout } = await swarm.ok(
    ['exec', 'caller', '--', 'node', '/app/attempts.mjs', JSON.stringify(told)],
    { timeoutMs: 400_000 },
  );
  const outcomes = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { name: string; outcome: string });
  assert.ok(outcomes.length >= 200, `only ${outcomes.length} attempts were made`);
  const escaped = outcomes.filter(({ outcome }) => outcome.includes(BANNER));
  assert.deepEqual(
    escaped.map(({ name }) => name),
    ['control'],
  );
  assert.deepEqual(sentinel.arrived, [], 'something arrived where nothing may');
  // The allowed host speaks no TLS, so what was let out to it is at most the beginning of one.
  const requests = allowed.arrived.filter((text) => /admin|sentinel|GET|POST|HTTP/.test(text));
  assert.equal(requests.length, 1, requests.join('\n'));
  assert.match(requests[0] ?? '', /^GET \/v1\/control HTTP/);
  // swarmd answers nobody in a machine, and still answers here.
  assert.deepEqual(
    outcomes.filter(({ outcome }) => /problem\+json|"principal"|swarmd/.test(outcome)),
    [],
  );
  await swarm.ok(['agents']);
  const refused = await swarm.ok(['logs', 'caller', '--status', 'refused', '--output', 'json']);
  assert.ok(refused.stdout.split('\n').length > 10, 'refused calls are events');
  t.diagnostic(`${outcomes.length - 1} attempts`);
});

async function swarmUrl(home: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return (JSON.parse(await readFile(join(home, 'swarmd.json'), 'utf8')) as { url: string }).url;
}
