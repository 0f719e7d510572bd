/** A real swarmd whose audit log cannot be written: it refuses, says why, and goes on by itself. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { run } from '../../src/base/command.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { createClient, readSwarmdFile, type SwarmClient } from '../../src/contracts/client.ts';
import type { EventResource } from '../../src/contracts/event.ts';

const PROGRAM = join(import.meta.dirname, 'fixtures', 'swarmd-with-fakes.ts');
const TIMEOUT_MS = 60_000;

interface Swarmd {
  readonly child: ChildProcess;
  readonly client: SwarmClient;
  readonly output: () => string;
}

let home: string;
let undo: (() => Promise<unknown>)[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-outage-'));
  undo = [];
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  await rm(home, { recursive: true, force: true });
});

/** Resolves when it listens: whether it is ready is what these tests are about. */
async function start(): Promise<Swarmd> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { PATH: process.env.PATH, SWARM_HOME: home, SWARM_LISTEN: '127.0.0.1:0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  undo.push(() => end(child, 'SIGKILL'));
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const file = await waitUntil(
    async () => {
      assert.equal(child.exitCode, null, output);
      const found = await readSwarmdFile(home);
      return found?.pid === child.pid ? found : undefined;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(file, output);
  const token = (await readFile(join(home, 'token'), 'utf8')).trim();
  return { child, client: createClient({ url: file.url, token }), output: () => output };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

async function auditPart(client: SwarmClient) {
  return (await client.readiness()).parts.find(({ name }) => name === 'audit');
}

async function untilAudit(client: SwarmClient, ready: boolean): Promise<void> {
  const reached = await waitUntil(async () => (await auditPart(client))?.ready === ready, {
    timeoutMs: TIMEOUT_MS,
  });
  assert.ok(reached, `readiness of audit is not ${ready}`);
}

/** Those of that kind, once there is one that `isWanted`. */
async function events(
  client: SwarmClient,
  kind: string,
  isWanted: (event: EventResource) => boolean = () => true,
): Promise<readonly EventResource[]> {
  let items: readonly EventResource[] = [];
  const reached = await waitUntil(
    async () => {
      ({ items } = await client.events({ kind }).catch((error: { code?: string }) => {
        // After a start the index may have to be made first.
        if (error.code === 'audit_index_unavailable') return { items: [] };
        throw error;
      }));
      return items.some(isWanted);
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(reached, `${kind}: ${JSON.stringify(items)}`);
  return items;
}

/** Makes a token under an Idempotency-Key. */
async function createOnce({ connection: { url, token } }: SwarmClient, key: string) {
  const answer = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ name: key, scopes: ['read'] }),
  });
  return { status: answer.status, json: (await answer.json()) as { code?: string } };
}

async function refusesChanges(client: SwarmClient): Promise<void> {
  await assert.rejects(client.createToken({ name: 'never', scopes: ['read'] }), {
    code: 'audit_unavailable',
    status: 503,
  });
}

const names = async (client: SwarmClient) => (await client.tokens()).items.map(({ name }) => name);

test('an unusable audit folder refuses changes, says why, and is taken when it can be used', async () => {
  await writeFile(join(home, 'audit'), 'in the way');
  const { client } = await start();
  await untilAudit(client, false);
  assert.match((await auditPart(client))?.detail ?? '', /audit/);
  const system = await client.system();
  assert.equal(system.audit.available, false);
  await refusesChanges(client);
  const refused = await createOnce(client, 'one-key');
  assert.deepEqual([refused.status, refused.json.code], [503, 'audit_unavailable']);
  assert.deepEqual((await client.agents()).items, [], 'reading works');
  assert.deepEqual(await names(client), ['root'], 'nothing was done');
  await rm(join(home, 'audit'));
  await untilAudit(client, true);
  assert.equal((await createOnce(client, 'one-key')).status, 201, 'its key was free again');
  await events(client, 'token.create', ({ status }) => status === 'ok');
  // Told before the log was there.
  await events(client, 'swarmd.started');
});

test('a damaged log keeps swarmd from nothing but changes', async () => {
  const first = await start();
  await untilAudit(first.client, true);
  for (let n = 0; n < 3; n++)
    await first.client.createToken({ name: `token ${n}`, scopes: ['read'] });
  await events(first.client, 'token.create', ({ status }) => status === 'ok');
  await end(first.child, 'SIGTERM');
  const folder = join(home, 'audit', 'default', 'segments');
  const [segment] = await readdir(folder);
  const path = join(folder, segment ?? '');
  const bytes = await readFile(path);
  // In the first entry, which none of the questions below is about.
  const at = 200;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);

  const second = await start();
  await untilAudit(second.client, false);
  assert.match((await auditPart(second.client))?.detail ?? '', /\.seg/);
  await assert.rejects(second.client.createToken({ name: 'never', scopes: ['read'] }), {
    status: 503,
  });
  assert.equal((await second.client.tokens()).items.length, 4);
  assert.ok((await second.client.events({ kind: 'token.create' })).items.length > 0);
  await end(second.child, 'SIGTERM');
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
  const third = await start();
  await untilAudit(third.client, true);
  // The first one told that it stopped, before it closed the log.
  const stops = await events(third.client, 'swarmd.stopped');
  assert.deepEqual(
    stops.map(({ attributes }) => attributes),
    [{ machines: false }],
  );
});

test('what was begun when swarmd was killed ends unknown, and is not lost', async () => {
  const killed = await start();
  await untilAudit(killed.client, true);
  const { url, token } = killed.client.connection;
  // An upload whose bytes never end.
  const upload = httpRequest(`${url}/v1/uploads`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'transfer-encoding': 'chunked',
    },
  });
  upload.on('error', () => undefined);
  upload.write('the beginning');
  const [open] = await events(killed.client, 'upload.create');
  assert.equal(open?.status, 'open');
  await end(killed.child, 'SIGKILL');
  upload.destroy();
  const { client } = await start();
  const [settled] = await events(client, 'upload.create', ({ status }) => status !== 'open');
  assert.equal(settled?.id, open?.id);
  assert.deepEqual(
    [settled?.status, settled?.seq, settled?.actor.name, settled?.error?.code],
    ['unknown', open?.seq, 'root', 'outcome_unknown'],
  );
});

const isRoot = process.getuid?.() === 0;
test('a full disk refuses changes until there is room, and says afterwards how many', {
  skip: isRoot ? false : 'only root can mount a file system that is full',
}, async () => {
  const audit = join(home, 'audit');
  await mkdir(audit, { mode: 0o700 });
  const options = ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'none', audit];
  const mounted = await run('mount', options, { timeoutMs: 5_000 });
  assert.equal(mounted.exitCode, 0, mounted.stderr);
  undo.push(() => run('umount', ['-l', audit], { timeoutMs: 5_000 }));
  const { client } = await start();
  await untilAudit(client, true);
  await client.createToken({ name: 'before', scopes: ['read'] });
  const filler = join(audit, 'filler');
  await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096'], { timeoutMs: 10_000 });
  // The last page of the segment may have had room left.
  const refused = await waitUntil(
    () =>
      client.createToken({ name: 'filling', scopes: ['read'] }).then(
        () => false,
        (error: { code: string }) => error.code === 'audit_unavailable',
      ),
    { timeoutMs: TIMEOUT_MS, intervalMs: 5 },
  );
  assert.ok(refused);
  await untilAudit(client, false);
  const before = await names(client);
  await refusesChanges(client);
  assert.deepEqual(await names(client), before, 'nothing was done');
  await rename(filler, `${filler}.gone`).catch(() => undefined);
  await rm(`${filler}.gone`, { force: true });
  await rm(filler, { force: true });
  await untilAudit(client, true);
  await client.createToken({ name: 'after', scopes: ['read'] });
  await events(client, 'audit.recovered');
  const made = await events(client, 'token.create', ({ attributes }) =>
    JSON.stringify(attributes).includes('"after"'),
  );
  assert.ok(made.length >= 2);
});
