import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAtLeast } from './debian-packages.mjs';
import { missingFrom } from './npm-packages.mjs';
import { type Checkout, outcomeOf, stubCheckout } from './stub-checkout.ts';

let checkout: Checkout;
beforeEach(async () => {
  checkout = await stubCheckout('a checkout with spaces');
});
afterEach(() => checkout.remove());

const packages = JSON.parse(readFileSync(join(import.meta.dirname, 'packages.json'), 'utf8')) as {
  main: { name: string; why: string; unlessProgram?: string }[];
  dev: { name: string; why: string; optional?: boolean }[];
};
const needed = packages.main
  .filter((one) => one.unlessProgram === undefined)
  .map((one) => one.name);

async function setUp(): Promise<void> {
  assert.equal((await checkout.swarm(['version'])).exitCode, 0);
  checkout.calls();
}

test('a fresh checkout: installs what is missing once, then is the CLI', async () => {
  const first = await checkout.swarm(['agents', '--output', 'json']);
  assert.equal(first.exitCode, 0, first.stderr);
  assert.equal(first.stdout, `cli: ${checkout.root}/src/main/cli.ts agents --output json\n`);
  assert.match(first.stderr, /Debian packages: .*qemu-system-x86.*: done/);
  const calls = checkout.calls();
  assert.equal(calls.filter((line) => line.includes(' update')).length, 1);
  const install = calls.find((line) => line.includes(' install '));
  assert.ok(install?.endsWith(`--no-install-recommends ${needed.join(' ')}`), install);
  assert.ok(!install?.includes('golang-go'), 'a Go that is new enough is there');
  assert.ok(calls.some((line) => /^npm ci --ignore-scripts .*--omit=dev/.test(line)));
  assert.equal(calls.at(-1), 'build-dashboard');

  const second = await checkout.swarm(['agents']);
  assert.equal(second.stderr, '');
  assert.deepEqual(checkout.calls(), []);
});

test('partly installed: asks for the rest only', async () => {
  checkout.set('installed', needed.filter((name) => name !== 'skopeo').join('\n'));
  assert.equal((await checkout.swarm(['version'])).exitCode, 0);
  const install = checkout.calls().find((line) => line.includes(' install '));
  assert.match(install ?? '', /--no-install-recommends skopeo$/);
});

test('everything is there already: only the stamp is written', async () => {
  await setUp();
  rmSync(join(checkout.root, '.swarm/set-up-main'));
  const again = await checkout.swarm(['version']);
  assert.equal(again.exitCode, 0);
  assert.equal(again.stderr, '');
  assert.deepEqual(checkout.calls(), []);
});

test('without what set-ups leave, as after a copy of the checkout: the dashboard is built', async () => {
  await setUp();
  rmSync(join(checkout.root, '.swarm'), { recursive: true });
  assert.equal((await checkout.swarm(['version'])).exitCode, 0);
  assert.deepEqual(checkout.calls(), ['build-dashboard']);
});

test('the dashboard is built again when a source of it changed or the build is gone', async () => {
  await setUp();
  writeFileSync(join(checkout.root, 'src/dashboard/main.tsx'), '// Changed.\n');
  const changed = await checkout.swarm(['version']);
  assert.match(changed.stderr, /set-up: dashboard: done/);
  assert.deepEqual(checkout.calls(), ['build-dashboard']);
  rmSync(join(checkout.root, '.swarm/dashboard'), { recursive: true });
  await checkout.swarm(['version']);
  assert.deepEqual(checkout.calls(), ['build-dashboard']);
  await checkout.swarm(['version']);
  assert.deepEqual(checkout.calls(), []);
});

test('the dashboard cannot be built: why, and how to look', async () => {
  checkout.set('build-fails', 'src/dashboard/main.tsx: unexpected end\n');
  const outcome = await checkout.swarm(['version']);
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /\| src\/dashboard\/main\.tsx: unexpected end/);
  assert.match(
    outcome.stderr,
    /error: the dashboard could not be built .*\n {2}→ see why with: cd /,
  );
  rmSync(join(dirname(checkout.root), 'state/build-fails'));
  assert.equal((await checkout.swarm(['version'])).exitCode, 0);
});

test('the dashboard cannot be built again: says so each time, and commands work', async () => {
  await setUp();
  checkout.set('build-fails', 'src/dashboard/main.tsx: unexpected end\n');
  writeFileSync(join(checkout.root, 'src/dashboard/main.tsx'), '// Changed.\n');
  for (const command of ['agents', 'down']) {
    const outcome = await checkout.swarm([command]);
    assert.equal(outcome.exitCode, 0);
    assert.match(outcome.stdout, /^cli: /);
    assert.match(outcome.stderr, /warning: the dashboard could not be built .*\n {2}→ see why/);
  }
  rmSync(join(dirname(checkout.root), 'state/build-fails'));
  assert.match((await checkout.swarm(['version'])).stderr, /dashboard: done/);
  assert.equal((await checkout.swarm(['version'])).stderr, '');
});

test('dev adds what tests need, without taking away what runs', async () => {
  await setUp();
  const outcome = await checkout.swarm(['dev', 'check']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  const calls = checkout.calls();
  const names = packages.dev.filter((one) => one.optional !== true).map((one) => one.name);
  assert.ok(calls.some((line) => line.endsWith(`--no-install-recommends ${names.join(' ')}`)));
  assert.ok(calls.some((line) => line.endsWith('--no-install-recommends chromium')));
  assert.ok(calls.some((line) => /^npm install --no-save .*--include=dev/.test(line)));
  await checkout.swarm(['version']);
  assert.deepEqual(checkout.calls(), [], 'the other stamp is renewed without installing');
});

test('a package that this system lacks and that only some tests need is warned of', async () => {
  await setUp();
  checkout.set('lacks', 'chromium');
  const outcome = await checkout.swarm(['dev', 'check']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.match(outcome.stderr, /warning: this system's package sources do not have: chromium \(/);
  await checkout.swarm(['dev', 'check']);
  checkout.calls();
  assert.equal((await checkout.swarm(['dev', 'check'])).stderr, '');
  assert.deepEqual(checkout.calls(), []);
});

test('a changed lockfile: only npm runs, in place', async () => {
  await setUp();
  checkout.changeLock('26.1.0');
  assert.equal((await checkout.swarm(['version'])).exitCode, 0);
  const calls = checkout.calls();
  assert.equal(calls.length, 1);
  assert.match(calls[0] ?? '', /^npm install --no-save/);
});

test('packages start no services, and the policy is taken away again', async () => {
  await checkout.swarm(['version']);
  assert.ok(checkout.calls().includes('policy 101'));
  assert.equal(existsSync(checkout.path('policy-rc.d')), false);
});

test("a policy of the machine's own is left alone", async () => {
  writeFileSync(checkout.path('policy-rc.d'), '#!/bin/sh\nexit 7\n', { mode: 0o755 });
  await checkout.swarm(['version']);
  assert.ok(checkout.calls().includes('policy 7'));
  assert.ok(existsSync(checkout.path('policy-rc.d')));
});

test('apt fails: the end of the log, what to do, and no stamp', async () => {
  checkout.set('apt-fails', 'E: Unable to locate package skopeo\n');
  const outcome = await checkout.swarm(['version']);
  assert.equal(outcome.exitCode, 1);
  assert.equal(outcome.stdout, '');
  assert.match(outcome.stderr, /\| E: Unable to locate package skopeo/);
  assert.match(
    outcome.stderr,
    /error: this system's package sources do not have: skopeo\n {2}→ .*universe/,
  );
  assert.doesNotMatch(outcome.stderr, /\n {4}at /);
  rmSync(join(dirname(checkout.root), 'state/apt-fails'));
  assert.equal((await checkout.swarm(['version'])).exitCode, 0);
});

test('the npm registry cannot be reached: says so', async () => {
  checkout.set('npm-fails', 'npm error code ENOTFOUND\n');
  const outcome = await checkout.swarm(['version']);
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /error: the npm registry cannot be reached \(ENOTFOUND\)/);
});

test('two at once: one sets up, the other waits for it', async () => {
  checkout.set('npm-slow', '');
  const both = await Promise.all([checkout.swarm(['a']), checkout.swarm(['b'])]);
  assert.deepEqual(
    both.map(({ exitCode }) => exitCode),
    [0, 0],
    both.map((one) => one.stderr).join(),
  );
  assert.equal(checkout.calls().filter((line) => line.startsWith('npm')).length, 1);
  assert.match(both.map((one) => one.stderr).join(), /Another set-up of this checkout is running/);
});

test('killed in the middle of npm: the next start begins it anew', async () => {
  checkout.set('npm-hangs', '');
  const child = checkout.start(['version']);
  const ended = outcomeOf(child);
  const pidFile = join(dirname(checkout.root), 'state/npm-pid');
  for (let tries = 0; !existsSync(pidFile) && tries < 500; tries++) await sleep(20);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await ended;
  rmSync(join(dirname(checkout.root), 'state/npm-hangs'));
  // What a killed npm may leave: a lockfile of an earlier installation beside half a package.
  const lock = readFileSync(join(dirname(checkout.root), 'state/lock-main.json'));
  writeFileSync(join(checkout.root, 'node_modules/.package-lock.json'), lock);
  checkout.calls();
  const outcome = await checkout.swarm(['version']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.match(checkout.calls().join('\n'), /^npm ci /m);
});

test('through a symbolic link, from any folder, by sh', async () => {
  const link = checkout.path('swarm-link');
  symlinkSync(join(checkout.root, 'swarm'), link);
  for (const options of [{ file: link, cwd: '/' }, { cwd: checkout.root }]) {
    const outcome = await checkout.swarm(['x', 'two words'], options);
    assert.equal(outcome.stdout, `cli: ${checkout.root}/src/main/cli.ts x two words\n`);
  }
  const bySh = await checkout.swarm(['swarm', 'y'], { file: '/bin/sh', cwd: checkout.root });
  assert.equal(bySh.stdout, `cli: ${checkout.root}/src/main/cli.ts y\n`);
});

/** A PATH with the basic tools that the launcher itself runs, and the given stubs. */
function barePath(stubs: Readonly<Record<string, string>>): string {
  const folder = checkout.path('bare');
  mkdirSync(folder);
  for (const tool of ['sh', 'readlink', 'sha256sum', 'mkdir', 'flock'])
    symlinkSync(join('/usr/bin', tool), join(folder, tool));
  for (const [name, script] of Object.entries(stubs))
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

test('without Node.js or npm: says what to install', async () => {
  const outcome = await checkout.swarm(['version'], { path: barePath({ node: 'exit 0' }) });
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /they are not on PATH\n {2}→ apt-get install -y nodejs npm\n$/);
});

test('with a Node.js that is too old: says which one it is', async () => {
  const node = `case $1 in --version) echo v12.22.9;; *) exit 1;; esac`;
  const outcome = await checkout.swarm(['version'], { path: barePath({ node, npm: 'exit 0' }) });
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /Node\.js 18 or newer for its set-up; \S+\/node is v12\.22\.9\n/);
});

test('versions are compared by number', () => {
  assert.equal(isAtLeast('1.19', '1.19'), true);
  assert.equal(isAtLeast('1.22.1', '1.19'), true);
  assert.equal(isAtLeast('1.9.9', '1.19'), false);
});

test('a checkout that cannot be written to: a precise error', async () => {
  // Root may write everywhere; a file in the folder's place stops it as well.
  writeFileSync(join(checkout.root, '.swarm'), '');
  const outcome = await checkout.swarm(['version']);
  assert.equal(outcome.exitCode, 1);
  assert.match(
    outcome.stderr,
    /error: Swarm is not set up yet, and .* cannot be written to\n {2}→/,
  );
});

test('which npm packages are missing', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0', dev: true },
      'node_modules/c': { version: '1.0.0', optional: true },
    },
  };
  assert.deepEqual(missingFrom(lock, undefined, { dev: false }), ['a']);
  assert.deepEqual(missingFrom(lock, lock, { dev: true }), []);
  const older = { packages: { 'node_modules/a': { version: '0.9.0' } } };
  assert.deepEqual(missingFrom(lock, older, { dev: true }), ['a', 'b']);
});

test('every Debian package has a reason, and is named once', () => {
  const all = [...packages.main, ...packages.dev];
  assert.deepEqual(
    all.filter(({ why }) => why.length < 8),
    [],
  );
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});
