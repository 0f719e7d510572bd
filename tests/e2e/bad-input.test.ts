/**
 * What goes wrong for users, through the CLI: a precise message, a code that is not 0, and nothing
 * left behind. What a bad agent.yaml gets is pinned beside its reader (tests/golden).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AgentResource } from '../../src/contracts/resources.ts';
import { makeEchoAgent, writeManifest } from './echo-agent.ts';
import { type CliResult, endProcessesOf, type Swarm, startSwarm } from './swarm-cli.ts';

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

/** Fails as it should: exit code, every pattern in the messages, no stack trace. */
function assertRefused(result: CliResult, ...patterns: RegExp[]): void {
  const said = result.stdout + result.stderr;
  assert.notEqual(result.exitCode, 0, said);
  for (const pattern of patterns) assert.match(said, pattern);
  assert.doesNotMatch(said, /^\s+at .*\.ts:\d+/m, 'no stack trace for what can be expected');
}

/** A refused first deployment leaves no agent and no machine. */
async function assertNoTrace(): Promise<void> {
  assert.deepEqual(await swarm.json<AgentResource[]>(['agents']), []);
  const swarmd = `process ${swarm.pid()}:`;
  assert.deepEqual(
    swarm.leftovers().filter((line) => !line.startsWith(swarmd)),
    [],
  );
}

async function deploy(spec: Record<string, unknown>): Promise<CliResult> {
  return swarm.cli(['deploy', '--agent', await writeManifest(folder, { name: 'bad', spec })]);
}

const REFUSED: [what: string, spec: Record<string, unknown>, ...said: RegExp[]][] = [
  ['a mistyped key', { replcias: 2 }, /replcias/, /replicas/, /agent\.yaml:\d+/],
  ['two sources', { image: 'debian:12' }, /two sources|image.*build/i],
  ['10,000 replicas', { replicas: 10_000 }, /replicas/, /100/],
  ['a folder that is not there', { build: './nowhere' }, /nowhere/],
  ['a Dockerfile that is not there', { build: { dockerfile: 'Dockerfile.x' } }, /Dockerfile\.x/],
  [
    'a registry that nobody serves',
    { build: undefined, image: '127.0.0.1:9/agent:1' },
    /127\.0\.0\.1:9/,
    /registry|reach|refused/i,
  ],
  [
    'a repository that nobody serves',
    { build: undefined, git: 'https://127.0.0.1:9/agent.git' },
    /127\.0\.0\.1:9/,
    /→/,
  ],
];

for (const [what, spec, ...said] of REFUSED)
  test(`${what} is refused`, async () => {
    const result = await deploy(spec);
    assertRefused(result, ...said);
    await assertNoTrace();
  });

test('an image without a command is refused, with what to add', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'no-command-'));
  try {
    await writeFile(join(empty, 'Dockerfile'), 'FROM scratch\nCOPY file /file\n');
    await writeFile(join(empty, 'file'), '');
    const result = await swarm.cli([
      'deploy',
      '--agent',
      await writeManifest(empty, { name: 'bad', spec: {} }),
    ]);
    assertRefused(result, /entrypoint|command/i, /→/);
    await assertNoTrace();
  } finally {
    await rm(empty, { recursive: true });
  }
});

test('a build that fails shows its log', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'broken-build-'));
  try {
    await writeFile(join(broken, 'Dockerfile'), 'FROM scratch\nCOPY missing-file /\n');
    const result = await swarm.cli([
      'deploy',
      '--agent',
      await writeManifest(broken, { name: 'bad', spec: {} }),
    ]);
    assertRefused(result, /missing-file/);
    await assertNoTrace();
  } finally {
    await rm(broken, { recursive: true });
  }
});

test('a port that nobody listens on is named, with the port that is listened on', async () => {
  const result = await deploy({
    port: 9090,
    env: { LISTEN_ON: 8080 },
    deploy: { timeout: '20s' },
  });
  assertRefused(result, /9090/, /8080/);
  await assertNoTrace();
});

test('a health check that never passes says what it answered', async () => {
  const result = await deploy({
    env: { UNHEALTHY: 1 },
    health: { type: 'http', path: '/healthz', interval: '1s', grace_period: '5s' },
    deploy: { timeout: '25s' },
  });
  assertRefused(result, /500/, /healthz/);
  await assertNoTrace();
});

test('an agent that exits at once says how, with its last lines', async () => {
  const result = await deploy({ env: { EXIT_AT_START: 3 } });
  assertRefused(result, /\b3\b/, /told to exit with 3/);
  await assertNoTrace();
});

test('an agent that fills its disk harms neither its machine nor the host', async () => {
  await swarm.ok(['deploy', '--agent', await writeManifest(folder, { name: 'bad' })]);
  const { stdout } = await swarm.ok(['invoke', 'bad', '/fill-disk', '--json', '{}']);
  assert.match(stdout, /no space left/);
  const again = await swarm.ok(['invoke', 'bad', '/', '--json', '{}']);
  assert.match(again.stdout, /"version":"1"/);
});

test('an agent that fills its memory is killed, told so, and started again', async () => {
  const call = await swarm.cli(['invoke', 'bad', '/fill-memory', '--json', '{}']);
  assert.notEqual(call.exitCode, 0);
  const deadline = Date.now() + 90_000;
  for (;;) {
    const agent = await swarm.json<AgentResource>(['status', 'bad']);
    const replica = agent.replicas.items[0];
    if (agent.replicas.healthy === 1 && (replica?.restarts ?? 0) > 0) break;
    assert.ok(Date.now() < deadline, JSON.stringify(agent));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const { stdout } = await swarm.ok(['status', 'bad', '--output', 'json']);
  assert.match(stdout, /memory/i);
  await swarm.ok(['delete', 'bad', '-y']);
  await assertNoTrace();
});

test('0 replicas deploy without a machine; a call says so', async () => {
  const manifest = await writeManifest(folder, { name: 'bad', spec: { replicas: 0 } });
  await swarm.ok(['deploy', '--agent', manifest]);
  assertRefused(await swarm.cli(['invoke', 'bad', '--json', '{}']), /0 replicas/);
  assertRefused(await swarm.cli(['scale', 'bad', '--replicas', '10000']), /100/);
  assertRefused(await swarm.cli(['scale', 'bad', '--replicas', 'many']), /many/);
  await swarm.ok(['delete', 'bad', '-y']);
  await assertNoTrace();
});

test('a malformed token is told apart from a wrong one', async () => {
  const malformed = await swarm.cli(['agents'], { env: { SWARM_TOKEN: 'not-a-token' } });
  assertRefused(malformed, /malformed|not a token|form/i);
});

test('a name that does not exist gets the nearest one', async () => {
  await swarm.ok([
    'deploy',
    '--agent',
    await writeManifest(folder, { name: 'bad', spec: { replicas: 0 } }),
  ]);
  assertRefused(await swarm.cli(['status', 'bat']), /bat/, /bad/);
  await swarm.ok(['delete', 'bad', '-y']);
});

test('up says that swarmd runs already, in the background and in the foreground', async () => {
  const pid = swarm.pid();
  for (const args of [['up', '-d'], ['up']]) {
    const { stdout, stderr } = await swarm.ok(args, { timeoutMs: 30_000 });
    assert.match(stdout + stderr, /already/);
  }
  assert.equal(swarm.pid(), pid);
});

test('a home that cannot be written is named', async () => {
  const file = join(swarm.home, 'a-file');
  await writeFile(file, '');
  const result = await swarm.cli(['up', '-d'], { env: { SWARM_HOME: join(file, 'home') } });
  assertRefused(result, /a-file/, /→/);
  await rm(file);
});

test('a full host disk fails the deployment, and the server goes on', async () => {
  const small = await mkdtemp(join(tmpdir(), 'small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
  const home = join(small, 'home');
  await mkdir(home);
  const env = { SWARM_HOME: home };
  try {
    await swarm.cli(['up', '-d'], { env });
    const manifest = await writeManifest(folder, { name: 'bad' });
    assertRefused(await swarm.cli(['deploy', '--agent', manifest], { env }), /disk|space/i, /→/);
    const agents = await swarm.cli(['agents', '--output', 'json'], { env });
    assert.equal(agents.exitCode, 0, agents.stderr);
    assert.deepEqual(JSON.parse(agents.stdout), []);
  } finally {
    await swarm.cli(['down', '--machines'], { env });
    endProcessesOf(home);
    // Lazily: a process that was just killed may hold it for a moment.
    execFileSync('umount', ['--lazy', small]);
    await rm(small, { recursive: true });
  }
});
