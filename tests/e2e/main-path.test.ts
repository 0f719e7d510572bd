/** The main path through the CLI, on real machines: everything a user does with one agent. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type {
  AgentResource,
  LogRecordResource,
  MachineResource,
} from '../../src/contracts/resources.ts';
import { makeEchoAgent, writeManifest } from './echo-agent.ts';
import { processesOf, type Swarm, startSwarm } from './swarm-cli.ts';

let swarm: Swarm;
let folder: string;

before(async () => {
  folder = await makeEchoAgent();
  swarm = await startSwarm();
});
after(async () => {
  await swarm?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function callEcho(path = '/'): Promise<{ version: string; replica: string; path: string }> {
  const { stdout } = await swarm.ok(['invoke', 'echo', path, '--json', '{"a":1}']);
  return JSON.parse(stdout);
}

async function agent(): Promise<AgentResource> {
  return swarm.json<AgentResource>(['status', 'echo']);
}

/** Polls until the agent looks as wanted; the last look is in the failure's message. */
async function until(
  what: string,
  wanted: (agent: AgentResource) => boolean,
): Promise<AgentResource> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const now = await agent();
    if (wanted(now)) return now;
    if (Date.now() > deadline) assert.fail(`${what}: ${JSON.stringify(now, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

test('a folder with a Dockerfile is deployed, and answers through the gateway', async () => {
  const manifest = await writeManifest(folder, { name: 'echo' });
  await swarm.ok(['deploy', '--agent', manifest]);
  const answer = await callEcho('/some/path?q=1');
  assert.equal(answer.path, '/some/path?q=1');
  assert.equal(answer.version, '1');
  assert.equal((await agent()).state, 'running');
});

test('a dry run says what would change, and changes nothing', async () => {
  const manifest = await writeManifest(folder, { name: 'echo', spec: { replicas: 3 } });
  const { stdout } = await swarm.ok(['deploy', '--agent', manifest, '--dry-run']);
  assert.match(stdout, /replicas/);
  assert.equal((await agent()).replicas.desired, 1);
});

test('streams pass through as they come', async () => {
  const { stdout } = await swarm.ok(['invoke', 'echo', '/stream', '--stream', '-X', 'GET']);
  for (let i = 0; i < 5; i++) assert.ok(stdout.includes(`${i}`), stdout);
});

test('the process’s output is kept, with its stream and time', async () => {
  const { stdout } = await swarm.ok(['logs', 'echo', '--stdout', '--output', 'json']);
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecordResource);
  const first = records.find(({ text }) => text.includes('echo-agent starts'));
  assert.equal(first?.stream, 'stdout');
  assert.match(first?.time ?? '', /^\d{4}-\d\d-\d\dT/);
});

test('exec runs a command inside and gives its exit code', async () => {
  const result = await swarm.cli(['exec', 'echo', '--', '/echo-agent'], { timeoutMs: 60_000 });
  // The port is taken by the agent itself, so a second one says so and ends with 1.
  assert.equal(result.exitCode, 1, result.stderr);
  assert.match(result.stdout + result.stderr, /address already in use/);
});

test('a machine whose process is killed is replaced, and calls go on', async () => {
  const before = await swarm.json<{ items: MachineResource[] } | MachineResource[]>([
    'status',
    'echo',
  ]);
  assert.ok(before);
  const machineId = (await agent()).replicas.items[0]?.machine?.id ?? '';
  const process_ = processesOf(swarm.home).find(({ command }) => command.includes(machineId));
  assert.ok(process_, 'the machine has a process of its own');
  process.kill(process_.pid, 'SIGKILL');
  const now = await until(
    'replaced',
    ({ state, replicas }) =>
      state === 'running' && replicas.items[0]?.machine?.id !== machineId && replicas.healthy === 1,
  );
  assert.ok((now.replicas.items[0]?.restarts ?? 0) >= 1);
  assert.equal((await callEcho()).version, '1');
});

test('scaling to 3 makes calls reach each replica; back to 1 leaves one', async () => {
  await swarm.ok(['scale', 'echo', '--replicas', '3']);
  await until('3 healthy', ({ replicas }) => replicas.healthy === 3);
  const seen = new Set<string>();
  for (let i = 0; i < 12; i++) seen.add((await callEcho()).replica);
  assert.equal(seen.size, 3);
  await swarm.ok(['scale', 'echo', '--replicas', '1']);
  await until('1 left', ({ replicas }) => replicas.healthy === 1 && replicas.items.length === 1);
});

test('a changed folder becomes a new revision; a rollback brings the old one back', async () => {
  const manifest = await writeManifest(folder, { name: 'echo', spec: { env: { VERSION: 2 } } });
  await swarm.ok(['deploy', '--agent', manifest]);
  assert.equal((await callEcho()).version, '2');
  await swarm.ok(['rollback', 'echo']);
  assert.equal((await callEcho()).version, '1');
});

test('no call fails while a deployment goes on', async () => {
  await writeFile(join(folder, 'changed.txt'), String(Date.now()));
  const manifest = await writeManifest(folder, { name: 'echo', spec: { env: { VERSION: 3 } } });
  let deployed = false;
  const deployment = swarm.ok(['deploy', '--agent', manifest]).finally(() => {
    deployed = true;
  });
  const versions: string[] = [];
  while (!deployed) versions.push((await callEcho()).version);
  await deployment;
  versions.push((await callEcho()).version);
  assert.equal(versions.at(-1), '3');
  assert.deepEqual(versions, [...versions].sort(), 'once traffic has shifted it does not go back');
});

test('a kill -9 of swarmd loses no machine: the next one adopts them', async () => {
  const machineId = (await agent()).replicas.items[0]?.machine?.id;
  process.kill(swarm.pid(), 'SIGKILL');
  await swarm.ok(['up', '-d']);
  const now = await until('adopted', ({ replicas }) => replicas.healthy === 1);
  assert.equal(now.replicas.items[0]?.machine?.id, machineId);
  assert.equal((await callEcho()).version, '3');
});

test('a deployment that never becomes healthy leaves the old revision serving, and says why', async () => {
  const manifest = await writeManifest(folder, {
    name: 'echo',
    spec: { env: { EXIT_AT_START: 7 }, deploy: { timeout: '60s' } },
  });
  const result = await swarm.cli(['deploy', '--agent', manifest]);
  assert.notEqual(result.exitCode, 0);
  assert.match(result.stdout + result.stderr, /exit(ed)?.* 7/i);
  assert.match(result.stdout + result.stderr, /told to exit with 7/);
  assert.equal((await callEcho()).version, '3');
});

test('deleted, nothing of it is left on the host', async () => {
  await swarm.ok(['delete', 'echo', '-y']);
  const result = await swarm.cli(['invoke', 'echo', '--json', '{}']);
  assert.notEqual(result.exitCode, 0);
  assert.match(result.stderr, /echo/);
  await swarm.ok(['down']);
  assert.deepEqual(swarm.leftovers(), []);
});
