/** The audit log on a real machine: calls are found, shown as a run, exported, and proved offline. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { AuditStatus } from '../../src/contracts/audit-status.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { RunResource } from '../../src/contracts/event-query.ts';
import { makeEchoAgent, writeManifest } from './echo-agent.ts';
import { type Swarm, startSwarm } from './swarm-cli.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FORMATS = ['json', 'jsonl', 'csv', 'ocsf'] as const;
/** In a body and in a path: what search and the changed byte look for. */
const WORD = 'pangolin';

let swarm: Swarm;
let agentFolder: string;
let folder: string;
let startedAt: string;

before(async () => {
  agentFolder = await makeEchoAgent();
  folder = await mkdtemp(join(tmpdir(), 'swarm-audit-e2e-'));
  swarm = await startSwarm();
  await swarm.ok(['deploy', '--agent', await writeManifest(agentFolder, { name: 'echo' })]);
  startedAt = new Date().toISOString();
  await swarm.ok(['invoke', 'echo', `/${WORD}`, '--json', '{"question":"how many pangolins?"}']);
  await swarm.ok(['invoke', 'echo', '/other', '--json', '{"a":1}']);
  await swarm.ok(['audit', 'key', '--to', join(folder, 'swarm.key')]);
});
after(async () => {
  await swarm?.remove();
  await rm(agentFolder, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function searchable(): Promise<void> {
  const { size } = await swarm.json<AuditStatus & Record<string, unknown>>(['audit', 'status']);
  const done = async () =>
    (await swarm.json<AuditStatus & Record<string, unknown>>(['audit', 'status'])).indexed >= size;
  assert.ok(await waitUntil(done, { timeoutMs: 30_000, intervalMs: 300 }));
}
async function found(args: readonly string[]): Promise<EventResource[]> {
  await searchable();
  const { stdout } = await swarm.ok(['logs', ...args, '--output', 'json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as EventResource);
}
const paths = (events: readonly EventResource[]) => events.map((one) => one.attributes?.path);

test('calls are found by agent, by time and by text, with who made them and how they went', async () => {
  const calls = await found(['echo', '--kind', 'gateway.call']);
  assert.deepEqual(paths(calls), [`/${WORD}`, '/other']);
  assert.deepEqual(paths(await found(['--kind', 'gateway.call', '--text', WORD])), [`/${WORD}`]);
  assert.equal((await found(['echo', '--kind', 'gateway.call', '--since', startedAt])).length, 2);
  assert.deepEqual(await found(['echo', '--kind', 'gateway.call', '--until', startedAt]), []);
  const [first] = calls;
  assert.equal(first?.status, 'ok');
  assert.equal(first?.actor.name, 'root');
  assert.equal(first?.replica, 0);
  assert.match(first?.machine ?? '', /^mch_/);
  assert.ok((first?.durationNs ?? 0) > 0);
  assert.ok((first?.completedSeq ?? 0) > (first?.seq ?? 0), 'an intent, and later its completion');
});

test('the deployment is in the log, with who asked for it', async () => {
  const [created] = await found(['echo', '--kind', 'deployment.create']);
  assert.equal(created?.actor.name, 'root');
  assert.equal(created?.status, 'ok');
});

test('a call is shown in full, and its run as a tree', async () => {
  const [call] = await found(['--kind', 'gateway.call', '--text', WORD]);
  const full = (await swarm.ok(['event', 'show', call?.id ?? ''])).stdout;
  assert.match(full, /"question": "how many pangolins\?"/);
  const run = await swarm.json<RunResource & Record<string, unknown>>([
    ...['run', 'show', (call?.run ?? '').slice(0, 12)],
  ]);
  assert.equal(run.id, call?.run);
  assert.equal(run.roots[0]?.event.id, call?.id);
  assert.match((await swarm.ok(['run', 'show', run.id])).stdout, /└─ gateway\.call {2}echo\/0/);
});

for (const format of FORMATS)
  test(`exported as ${format}, a copy verifies with the public key only; a changed byte is found`, async () => {
    const exported = join(folder, `export-${format}`);
    await searchable();
    await swarm.ok([
      ...['audit', 'export', '--to', exported, '--format', format],
      ...['--agent', 'echo', '--kind', 'gateway.call'],
    ]);
    const copy = join(folder, `copy-${format}`);
    await cp(exported, copy, { recursive: true });
    await verifies(copy, 0);
    const events = (await readdir(copy)).find((name) => name.startsWith('events.')) ?? '';
    const bytes = await readFile(join(copy, events));
    bytes[bytes.indexOf(WORD)] = 'P'.charCodeAt(0);
    await writeFile(join(copy, events), bytes);
    await verifies(copy, 1);
  });

test('the log itself verifies while swarmd runs, and one changed byte in a copy is found', async () => {
  await swarm.ok(['audit', 'verify', '--key', join(folder, 'swarm.key')]);
  const copy = join(folder, 'log', 'default');
  await cp(join(swarm.home, 'audit', 'default'), copy, { recursive: true });
  await verifies(copy, 0);
  const segments = join(copy, 'segments');
  const [name = ''] = (await readdir(segments)).sort();
  const bytes = await readFile(join(segments, name));
  bytes[bytes.indexOf(WORD)] = 'P'.charCodeAt(0);
  await writeFile(join(segments, name), bytes);
  await verifies(copy, 1);
});

test('a call that a kill -9 of swarmd cuts off is unknown afterwards, and nothing else is lost', async () => {
  const before = await found(['--all']);
  await swarm.ok(['audit', 'checkpoint', '--to', join(folder, 'kept')]);
  const call = swarm.cli(['invoke', 'echo', '/sleep?ms=60000', '-X', 'GET']);
  const open = async () =>
    (await found(['echo', '--kind', 'gateway.call', '--status', 'open'])).length === 1;
  assert.ok(await waitUntil(open, { timeoutMs: 30_000 }), 'the intent is there before the end');
  process.kill(swarm.pid(), 'SIGKILL');
  assert.notEqual((await call).exitCode, 0);
  await swarm.ok(['up', '-d']);
  const unknown = await found(['echo', '--kind', 'gateway.call', '--status', 'unknown']);
  assert.deepEqual(paths(unknown), ['/sleep']);
  const now = new Set((await found(['--all'])).map(({ id }) => id));
  assert.deepEqual(
    before.filter(({ id }) => !now.has(id)).map(({ kind }) => kind),
    [],
  );
  const kept = ['--key', join(folder, 'swarm.key'), '--checkpoint', join(folder, 'kept')];
  await swarm.ok(['audit', 'verify', ...kept]);
});

/** Runs the verifier by itself, with nothing of Swarm's home in its environment. */
async function verifies(path: string, wanted: 0 | 1): Promise<void> {
  const args = [join(ROOT, 'verifier/verify.ts'), path, '--key', join(folder, 'swarm.key')];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH }, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(exitCode, wanted, output);
}
