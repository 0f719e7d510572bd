/**
 * The way out on a real machine: an agent whose key never enters it calls a model, and what it may
 * not reach, and what it may not spend, is refused. The model is a local server that speaks the
 * provider's wire format.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { RunResource } from '../../src/contracts/event-query.ts';
import type { AgentResource } from '../../src/contracts/resources.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import {
  type ModelProviders,
  startModelProviders,
} from '../integration/providers/model-providers.ts';
import { makeCallingAgent } from './calling-agent.ts';
import { writeManifest } from './echo-agent.ts';
import { MODEL_HOST as HOST, makeOutside } from './outside.ts';
import { type Swarm, startSwarm } from './swarm-cli.ts';

const KEY = 'sk-e2e-4f1c9a7be0d35286';
const NEW_KEY = 'sk-e2e-0b97d3c2a1f6e584';

let swarm: Swarm;
let folder: string;
let agentFolder: string;
let models: ModelProviders;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-egress-e2e-'));
  agentFolder = await makeCallingAgent();
  const { caPath, tls } = await makeOutside(folder);
  models = await startModelProviders({ apiKey: KEY, tls });
  const hosts = join(folder, 'hosts');
  await writeFile(hosts, `127.0.0.1 ${HOST} other.swarm.test\n`);
  swarm = await startSwarm({ SWARM_EGRESS_CA_FILE: caPath, SWARM_EGRESS_HOSTS_FILE: hosts });
});
after(async () => {
  await swarm?.remove();
  await models?.close();
  await rm(folder, { recursive: true, force: true });
  await rm(agentFolder, { recursive: true, force: true });
});

function manifest(): Promise<string> {
  const rule = { host: HOST, ports: [models.port], ranges: ['127.0.0.0/8'], paths: ['/v1'] };
  return writeManifest(agentFolder, {
    name: 'caller',
    spec: {
      resources: { memory: '256MiB', disk: '64MiB' },
      env: { MODEL_API_KEY: ['$', '{SECRET_MODEL_API_KEY}'].join('') },
      egress: { allow: [rule] },
    },
  });
}

interface Told {
  readonly status?: number;
  readonly text?: string;
  readonly failed?: string;
}

async function call(ask: Record<string, unknown>): Promise<Told> {
  const { stdout } = await swarm.ok(['invoke', 'caller', '/ask', '--json', JSON.stringify(ask)]);
  return JSON.parse(stdout) as Told;
}
const chat = (host = HOST) => ({
  url: `https://${host}:${models.port}/v1/chat/completions`,
  body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] },
});

async function events(args: readonly string[]): Promise<EventResource[]> {
  const { stdout } = await swarm.ok(['logs', 'caller', ...args, '--output', 'json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as EventResource);
}
async function eventually(args: readonly string[], count: number): Promise<EventResource[]> {
  const found = await waitUntil(
    async () => {
      const all = await events(args);
      return all.length >= count ? all : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 300 },
  );
  assert.ok(found !== undefined, `fewer than ${count} events for ${args.join(' ')}`);
  return found;
}

test('a deployment that names a missing secret is refused, and says which', async () => {
  const refused = await swarm.cli(['deploy', '--agent', await manifest()]);
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.stderr, /MODEL_API_KEY/);
  assert.match(refused.stderr, /swarm secrets set/);
});

test('with the secret it calls the model; the key is nowhere in the machine', async () => {
  const use = ['--host', HOST];
  await swarm.ok(['secrets', 'set', 'MODEL_API_KEY', ...use], { input: `${KEY}\n` });
  await swarm.ok(['deploy', '--agent', await manifest()]);
  const told = await call(chat());
  assert.equal(told.status, 200, JSON.stringify(told));
  assert.match(told.text ?? '', /chat\.completion/);
  assert.equal(models.requests.at(-1)?.headers.authorization, `Bearer ${KEY}`);
  assert.match((await swarm.ok(['status', 'caller'])).stdout, /^way out +every connection/m);
  const environment = await swarm.ok(['exec', 'caller', '--', 'cat', '/proc/self/environ']);
  assert.match(environment.stdout, /swsec_/);
  assert.equal(environment.stdout.includes(KEY), false);
});

test('the call is an event of the run that caused it, with model, tokens and cost', async () => {
  const [event] = await eventually(['--kind', 'egress.call', '--status', 'ok'], 1);
  assert.equal(event?.model, 'gpt-4o-mini');
  assert.ok((event?.tokens?.input ?? 0) > 0 && (event?.tokens?.output ?? 0) > 0);
  assert.match(event?.cost?.amount ?? '', /^0\.0*[1-9]/);
  assert.equal(event?.attributes?.certain ?? true, true);
  const run = await swarm.json<RunResource & Record<string, unknown>>([
    'run',
    'show',
    event?.run ?? '',
  ]);
  assert.equal(run.roots[0]?.event.kind, 'gateway.call');
  assert.equal(run.roots[0]?.children[0]?.event.id, event?.id);
  assert.equal(run.tokens.input, event?.tokens?.input);
  const costs = await swarm.ok(['cost', '--by', 'model']);
  assert.match(costs.stdout, /gpt-4o-mini/);
});

test('what was not allowed is refused with the reason, nothing leaves, and it is an event', async () => {
  const seen = models.requests.length;
  const other = await call(chat('other.swarm.test'));
  assert.equal(other.status, 403, JSON.stringify(other));
  assert.match(other.text ?? '', /other\.swarm\.test/);
  const path = await call({ url: `https://${HOST}:${models.port}/admin`, body: {} });
  assert.equal(path.status, 403, JSON.stringify(path));
  assert.equal(models.requests.length, seen);
  const refused = await eventually(['--kind', 'egress.call', '--status', 'refused'], 2);
  assert.equal(refused.length, 2);
});

test('a live rule lets a call through without a restart', async () => {
  const rule = ['--port', String(models.port), '--range', '127.0.0.0/8'];
  await swarm.ok(['egress', 'allow', 'caller', 'other.swarm.test', ...rule]);
  const told = await call(chat('other.swarm.test'));
  // The certificate is another host's: it left the machine, and was not believed.
  assert.equal(told.status, 502, JSON.stringify(told));
});

test('rotation goes unnoticed by a client that calls on and on', async () => {
  await swarm.ok(['secrets', 'rotate', 'MODEL_API_KEY'], { input: `${NEW_KEY}\n` });
  models.setKey(NEW_KEY);
  assert.equal((await call(chat())).status, 200);
});

test('a swarmd that was killed takes the machine’s way out up again', async () => {
  process.kill(swarm.pid(), 'SIGKILL');
  await swarm.ok(['up', '-d'], { timeoutMs: 300_000 });
  const told = await waitUntil(
    async () => {
      const answer = await call(chat()).catch(() => undefined);
      return answer?.status === 200 ? answer : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  assert.equal(told?.status, 200);
  const captures = async () =>
    (await swarm.json<AgentResource & Record<string, unknown>>(['status', 'caller'])).replicas.items
      .map(({ machine }) => machine?.capture)
      .join();
  const isKnown = async () => (await captures()) === 'all';
  assert.equal(await waitUntil(isKnown, { timeoutMs: 60_000, intervalMs: 500 }), true);
});

test('a budget stops it with the provider’s 429, and pausing stops everything', async () => {
  await swarm.ok(['budgets', 'set', 'tiny', '--agent', 'caller', '--tokens', '1']);
  const told = await call(chat());
  assert.equal(told.status, 429, JSON.stringify(told));
  assert.match(told.text ?? '', /budget_exhausted/);
  await swarm.ok(['budgets', 'delete', 'tiny']);
  await swarm.ok(['agents', 'pause', 'caller']);
  const seen = models.requests.length;
  assert.equal((await call(chat())).status, 429);
  assert.equal(models.requests.length, seen);
  await swarm.ok(['agents', 'resume', 'caller']);
  assert.equal((await call(chat())).status, 200);
});

test('the example works with a key that it never has, and its run shows what the model cost', async () => {
  const example = await mkdtemp(join(tmpdir(), 'support-desk-'));
  try {
    const from = join(import.meta.dirname, '..', '..', 'examples', 'support-desk');
    await cp(from, example, {
      recursive: true,
      filter: (path) => !/node_modules|dist$/.test(path),
    });
    const rule = { host: HOST, ports: [models.port], ranges: ['127.0.0.0/8'] };
    const file = await writeManifest(example, {
      name: 'desk',
      spec: {
        resources: { memory: '512MiB', disk: '256MiB' },
        env: {
          MODEL: 'gpt-4o-mini',
          MODEL_BASE_URL: `https://${HOST}:${models.port}/v1`,
          MODEL_API_KEY: ['$', '{SECRET_MODEL_API_KEY}'].join(''),
        },
        egress: { allow: [rule] },
      },
    });
    await swarm.ok(['deploy', '--agent', file], { timeoutMs: 600_000 });
    const ticket = JSON.stringify({ ticket: 'I was charged twice. ada@example.com' });
    await swarm.ok(['invoke', 'desk', '--json', ticket]);
    const seen = models.requests.at(-1);
    assert.equal(seen?.headers.authorization, `Bearer ${NEW_KEY}`);
    assert.match(seen?.text ?? '', /charged twice/);
    const search = ['logs', 'desk', '--kind', 'egress.call', '--output', 'json'];
    const [event] = (await swarm.ok(search)).stdout.split('\n').filter((line) => line !== '');
    const { run } = JSON.parse(event ?? '{}') as EventResource;
    const shown = (await swarm.ok(['run', 'show', run ?? ''])).stdout;
    assert.match(shown, /gateway\.call[\s\S]*egress\.call/);
    assert.match(shown, /gpt-4o-mini/);
    await swarm.ok(['delete', 'desk', '-y']);
  } finally {
    await rm(example, { recursive: true, force: true });
  }
});

test('the values are nowhere: not in the machine’s memory, not in any file of swarmd', async () => {
  const keys = [KEY, NEW_KEY].map((key) => Buffer.from(key));
  const { replicas } = await swarm.json<AgentResource & Record<string, unknown>>([
    'status',
    'caller',
  ]);
  const machineId = replicas.items[0]?.machine?.id ?? '';
  // A planted word that the guest does have shows that the search finds what is there.
  const planted = Buffer.from(`canary-${process.pid}-7d1e`);
  await swarm.ok(['invoke', 'caller', '/ask', '--json', JSON.stringify({ url: `x:${planted}` })]);
  assert.deepEqual(findInMemory(vmmOf(machineId), [planted]), [true]);
  assert.deepEqual(findInMemory(vmmOf(machineId), keys), [false, false]);
  // The same once more in what the driver itself writes out.
  const dump = await dumpMemory(machineId);
  assert.deepEqual(await findInFile(dump, [planted, ...keys]), [true, false, false]);
  await rm(dump);
  for (const key of [KEY, NEW_KEY]) {
    const found = spawnSync('grep', ['-rlaF', key, swarm.home], { encoding: 'utf8' });
    assert.equal(found.stdout, '', found.stderr);
  }
});

function vmmOf(machineId: string): number {
  const found = spawnSync('pgrep', ['-f', `guest=${machineId}`], { encoding: 'utf8' });
  return Number(found.stdout.split('\n')[0]);
}

/** All memory of the VMM, the guest's RAM in it. */
function findInMemory(pid: number, words: readonly Buffer[]): boolean[] {
  const found = words.map(() => false);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const window = Buffer.alloc(16 * 1024 * 1024);
  const overlap = Math.max(...words.map(({ length }) => length));
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line);
      if (match === null || /\[v(var|syscall|dso)/.test(line)) continue;
      const end = Number.parseInt(match[2] ?? '', 16);
      for (let at = Number.parseInt(match[1] ?? '', 16); at < end; ) {
        const length = readSafely(memory, { window, at, bytes: Math.min(window.length, end - at) });
        words.forEach((word, i) => {
          if (window.subarray(0, length).includes(word)) found[i] = true;
        });
        if (length < window.length) break;
        at += length - overlap;
      }
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

/** By a driver of this process: it takes up what swarmd started. */
async function dumpMemory(machineId: string): Promise<string> {
  const driver = await createQemuDriver({
    ...{ machinesDir: join(swarm.home, 'machines'), log: silentLogger },
    // For machines that it would start, which it does not.
    ...{ acceleration: 'tcg', kernelCommandLine: () => '' },
  });
  try {
    return await driver.dumpMemory(machineId);
  } finally {
    await driver.close();
  }
}

/** Read in pieces that overlap. */
async function findInFile(path: string, words: readonly Buffer[]): Promise<boolean[]> {
  const found = words.map(() => false);
  const overlap = Math.max(...words.map(({ length }) => length));
  let end = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) {
    const piece = Buffer.concat([end, chunk as Buffer]);
    words.forEach((word, i) => {
      if (piece.includes(word)) found[i] = true;
    });
    end = piece.subarray(-overlap);
  }
  return found;
}

/** 0: it cannot be read, such as a device's. */
function readSafely(
  file: number,
  { window, at, bytes }: { window: Buffer; at: number; bytes: number },
): number {
  try {
    return readSync(file, window, 0, bytes, at);
  } catch {
    return 0;
  }
}
