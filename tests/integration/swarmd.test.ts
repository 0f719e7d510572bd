/** swarmd as a process: its start, its lock, its end, and what it says when it cannot start. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { EXIT } from '../../src/cli/exit-code.ts';
import { createClient, findConnection, readSwarmdFile } from '../../src/contracts/client.ts';
import { runCli } from './cli-process.ts';

const PROGRAM = join(import.meta.dirname, 'fixtures', 'swarmd-with-fakes.ts');
const TIMEOUT_MS = 60_000;

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

let home: string;
let runs: Run[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-swarmd-'));
  runs = [];
});
afterEach(async () => {
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.map(({ ended }) => ended));
  await rm(home, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}, args: readonly string[] = []): Run {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, SWARM_HOME: home, SWARM_LISTEN: '127.0.0.1:0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(child, 'close').then(() => child.exitCode);
  const run = { child, output: () => output, ended };
  runs.push(run);
  return run;
}

async function ready(run: Run) {
  const client = await waitUntil(
    async () => {
      assert.equal(run.child.exitCode, null, run.output());
      if ((await readSwarmdFile(home))?.pid !== run.child.pid) return undefined;
      const found = createClient(await findConnection({ home, env: {} }));
      return (await found.readiness()).ready ? found : undefined;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(client, run.output());
  return client;
}

test('makes its home, a token that only its user reads, and says where it is', async () => {
  const run = start();
  const client = await ready(run);
  assert.equal((await stat(join(home, 'token'))).mode & 0o777, 0o600);
  const system = await client.system();
  assert.deepEqual([system.pid, system.home], [run.child.pid, home]);
  assert.deepEqual((await client.agents()).items, []);
});

test('ends on SIGTERM without a trace but its data, and starts again with the same token', async () => {
  const run = start();
  const first = await ready(run);
  run.child.kill('SIGTERM');
  assert.equal(await run.ended, 0, run.output());
  assert.equal(await readSwarmdFile(home), undefined);
  await assert.rejects(first.system(), { code: 'swarmd_not_running' });
  const again = await ready(start());
  assert.equal(again.connection.token, first.connection.token);
});

test('ends when it is asked to over the API, streams and all', async () => {
  const run = start();
  const client = await ready(run);
  const heard: unknown[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const event of client.watch({ signal: stop.signal })) heard.push(event);
  })();
  const { pid } = await client.stopSystem({ machines: true });
  assert.equal(pid, run.child.pid);
  assert.equal(await run.ended, 0, run.output());
  stop.abort();
  await watching;
});

test('a second one for the same home says which one runs, and leaves it alone', async () => {
  const first = start();
  const client = await ready(first);
  const second = start();
  assert.equal(await second.ended, 1);
  assert.match(second.output(), new RegExp(`already running .*pid ${first.child.pid}`));
  assert.ok(second.output().includes(client.connection.url));
  assert.equal(await client.isUp(), true);
});

test('of many that start at once, one runs', async () => {
  const all = Array.from({ length: 4 }, () => start());
  const left = await waitUntil(
    () => {
      const alive = all.filter(({ child }) => child.exitCode === null);
      return alive.length === 1 ? alive[0] : undefined;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(left);
  await ready(left);
});

test('a killed one leaves a home that the next one takes', async () => {
  const killed = start();
  const before = await ready(killed);
  const { value } = await before.createToken({ name: 'kept', scopes: ['read'] });
  killed.child.kill('SIGKILL');
  await killed.ended;
  const after = await ready(start());
  assert.equal(after.connection.token, before.connection.token);
  const kept = createClient({ url: after.connection.url, token: value });
  assert.deepEqual((await kept.agents()).items, []);
});

test('the token of a killed one is not sent to whoever listens at its address now', async () => {
  const killed = start();
  const { connection } = await ready(killed);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const seen: string[] = [];
  const thief = createHttpServer((request, response) => {
    seen.push(String(request.headers.authorization));
    response.end('{}');
  });
  thief.listen(Number(new URL(connection.url).port), '127.0.0.1');
  await once(thief, 'listening');
  try {
    await assert.rejects(findConnection({ home, env: {} }), {
      code: 'swarmd_not_running',
      message: new RegExp(`pid ${killed.child.pid}\\) was killed`),
      remedy: /swarm up -d/,
    });
    const agents = await runCli(['agents'], { env: { SWARM_HOME: home } });
    assert.equal(agents.exitCode, EXIT.unreachable);
    assert.match(agents.stderr, /No swarmd is running.*swarm up -d/s);
    const down = await runCli(['down'], { env: { SWARM_HOME: home } });
    assert.match(down.stderr, /swarmd does not run/);
    // The same pid, but of another process: this one.
    const file = JSON.parse(await readFile(join(home, 'swarmd.json'), 'utf8'));
    await writeFile(join(home, 'swarmd.json'), JSON.stringify({ ...file, pid: process.pid }));
    await assert.rejects(findConnection({ home, env: {} }), { code: 'swarmd_not_running' });
    assert.deepEqual(seen, []);
  } finally {
    thief.closeAllConnections();
    thief.close();
  }
});

test('a token file that was deleted is made anew, and the old token ends', async () => {
  const run = start();
  const before = await ready(run);
  run.child.kill('SIGTERM');
  await run.ended;
  await rm(join(home, 'token'));
  const after = await ready(start());
  assert.notEqual(after.connection.token, before.connection.token);
  await assert.rejects(
    createClient({ url: after.connection.url, token: before.connection.token }).agents(),
    { code: 'token_unknown' },
  );
});

async function refused(run: Run, expected: RegExp): Promise<void> {
  assert.equal(await run.ended, 1, run.output());
  assert.match(run.output(), expected);
  assert.doesNotMatch(run.output(), / {4}at /, 'a stack was shown');
}

test('says what is wrong with its configuration, and leaves nothing', async () => {
  await refused(start({ SWARM_LISTEN: 'nonsense' }), /"nonsense" is not an address/);
  await refused(start({ SWARM_LISTEN: '0.0.0.0:0' }), /0\.0\.0\.0 .*SWARM_ALLOW_REMOTE/s);
  await refused(start({ SWARM_DRIVER: 'qmeu' }), /SWARM_DRIVER .*Did you mean "qemu"/s);
  await refused(start({ SWARM_MAX_UPLOAD_MIB: '-1' }), /SWARM_MAX_UPLOAD_MIB is "-1"/);
  await refused(start({}, ['--lisen', 'x']), /--lisen/);
  await refused(
    start({ SWARM_LISTEN: '192.0.2.1:0', SWARM_ALLOW_REMOTE: '1' }),
    /Cannot listen on/,
  );
  assert.equal(await readSwarmdFile(home), undefined);
});

test('says when its home cannot be used, or its token file is broken', async () => {
  const file = join(home, 'file');
  await writeFile(file, '');
  await refused(start({ SWARM_HOME: join(file, 'home') }), /data folder .* cannot be used/);
  // Where making a folder fails as if the one above it were missing.
  await refused(start({ SWARM_HOME: '/proc/swarm/home' }), /\/proc\/swarm\/home cannot be used/);
  await refused(start({ SWARM_CACHE_DIR: '/proc/swarm' }), /cache folder \/proc\/swarm cannot/);
  await writeFile(join(home, 'token'), 'half a tok');
  await refused(start(), /holds no whole token/);
});

test('says when its port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  try {
    await refused(start({ SWARM_LISTEN: `127.0.0.1:${address.port}` }), /Something else listens/);
  } finally {
    taken.close();
  }
});

test('warns of variables that are probably mistyped; logs no token', async () => {
  const run = start({ SWARM_LISTN: 'x', SWARM_LOG_LEVEL: 'trace' });
  const client = await ready(run);
  await client.agents();
  assert.match(run.output(), /SWARM_LISTN \(did you mean SWARM_LISTEN\?\)/);
  const token = (await readFile(join(home, 'token'), 'utf8')).trim();
  assert.ok(!run.output().includes(token.slice(-36)));
  for (const name of await readdir(home))
    if (name !== 'token') {
      const content = await readFile(join(home, name)).catch(() => Buffer.alloc(0));
      assert.ok(!content.includes(token), `${name} holds the token`);
    }
});
