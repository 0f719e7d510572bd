/** swarmd is killed while it replaces the root key, at each step: what was sealed opens afterwards. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { SecretUse } from '../../src/contracts/secret.ts';
import { openSecrets } from '../../src/secrets/secrets.ts';
import { createStore } from '../../src/store/store.ts';

const PROGRAM = join(import.meta.dirname, 'fixtures', 'rekey-killed.ts');
const WORKSPACES = ['default', 'second', 'third'];
const USE: SecretUse = {
  mode: 'inject',
  hosts: [],
  headers: ['authorization'],
  allowHttp: false,
};

async function open(home: string) {
  const store = await createStore({ path: join(home, 'swarm.db'), log: silentLogger });
  const secrets = await openSecrets({
    ...{ store, clock: systemClock, log: silentLogger, rootKeyPath: join(home, 'root.key') },
    trail: () => ({ record: async () => undefined }),
  });
  return {
    secrets,
    usedRootKeys: async () =>
      (await store.secrets.workspaceKeys()).map(({ rootKeyId }) => rootKeyId),
    async close() {
      await secrets.close();
      await store.close();
    },
  };
}

async function values({ secrets }: Awaited<ReturnType<typeof open>>): Promise<string[]> {
  const read = WORKSPACES.map(async (workspaceId) => {
    const caller = { workspaceId, agent: 'desk', revision: 1, replica: 0, machineId: workspaceId };
    const reference = '$'.concat('{SECRET_API_KEY}');
    return (await secrets.environment.resolve(caller, { KEY: reference })).env.KEY ?? '';
  });
  return Promise.all(read);
}

async function keysInFile(home: string): Promise<string[]> {
  const text = await readFile(join(home, 'root.key'), 'utf8');
  return [...text.matchAll(/^swarm-root-key-v1 (\w{16})/gm)].map(([, id]) => id ?? '');
}

async function makeHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'swarm-rekey-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const opened = await open(home);
  for (const workspaceId of WORKSPACES)
    await opened.secrets.create(
      { workspaceId, agent: null, name: 'API_KEY' },
      { value: `of ${workspaceId}`, use: USE, by: 'root' },
    );
  await opened.close();
  return home;
}

const STEPS = [
  { step: 'begun', after: 'old', inFile: 1 },
  { step: 'both in file', after: 'old', inFile: 2 },
  { step: 'in transaction', after: 'old', inFile: 2 },
  { step: 'committed', after: 'new', inFile: 2 },
  { step: 'ended', after: 'new', inFile: 1 },
] as const;

for (const { step, after, inFile } of STEPS)
  test(`killed at "${step}": the ${after} root key opens everything`, async (t) => {
    const home = await makeHome(t);
    const [before] = await keysInFile(home);
    const child = spawn(process.execPath, [PROGRAM, home, step], { stdio: 'inherit' });
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL', 'it came to that step');
    assert.equal((await keysInFile(home)).length, inFile);

    const opened = await open(home);
    t.after(() => opened.close());
    assert.deepEqual(
      await values(opened),
      WORKSPACES.map((name) => `of ${name}`),
    );
    const used = [...new Set(await opened.usedRootKeys())];
    assert.deepEqual(await keysInFile(home), used, 'the other one has left the file');
    assert.equal(used[0] === before, after === 'old');
    const next = await opened.secrets.rekey();
    assert.equal(next.before, used[0]);
    assert.deepEqual(await keysInFile(home), [next.after]);
  });

const strace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
const untraced = strace.status === 0 ? false : 'strace is not there, or may not be used';

/** What is durable when: `sync root.key.tmp`, `rename root.key`, `sync folder`, `write wal`, `sync wal`. */
function diskSteps(trace: string, home: string): string[] {
  const begun = new Map<string, string>();
  const steps: string[] = [];
  for (const line of trace.split('\n')) {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(text);
    if (unfinished !== null) begun.set(pid, unfinished[1] ?? '');
    const call = text.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? '');
    if (!/= \d+$/.test(call)) continue;
    const name = /^\w+/.exec(call)?.[0] ?? '';
    if (name.startsWith('rename') && call.endsWith('root.key") = 0')) steps.push('rename root.key');
    if (name.startsWith('pwrite') && call.includes('swarm.db-wal>')) steps.push('write wal');
    if (!/^f(data)?sync$/.test(name)) continue;
    if (call.includes('swarm.db-wal>')) steps.push('sync wal');
    else if (/root\.key\.\w+\.tmp>/.test(call)) steps.push('sync root.key.tmp');
    else if (call.includes(`<${home}>`)) steps.push('sync folder');
  }
  return steps.filter((step, i) => step !== steps[i - 1]);
}

test('each step is durable before the next begins, also when the power fails', {
  skip: untraced,
}, async (t) => {
  const home = await makeHome(t);
  const trace = join(home, 'trace');
  const args = ['-f', '-y', '-o', trace, '-e', 'signal=none'];
  args.push('-e', 'trace=fsync,fdatasync,rename,renameat,renameat2,pwrite64');
  const child = spawn('strace', [...args, process.execPath, PROGRAM, home, 'none'], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  const steps = diskSteps(await readFile(trace, 'utf8'), await realpath(home));
  const written = ['sync root.key.tmp', 'rename root.key', 'sync folder'];
  const from = steps.indexOf('sync root.key.tmp');
  const again = steps.indexOf('sync root.key.tmp', from + 1);
  assert.deepEqual(steps.slice(from, from + 3), written, 'both keys are in the file');
  // SQLite syncs the folder too, for a log that it has just made.
  const commit = steps.slice(from + 3, again);
  assert.ok(!commit.includes('rename root.key'));
  assert.deepEqual(commit.slice(-2), ['write wal', 'sync wal'], 'then the store changes');
  assert.deepEqual(steps.slice(again, again + 3), written, 'then the old key goes');
});
