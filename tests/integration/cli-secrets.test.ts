/** Secrets through the CLI, on a real swarmd: where values come from, and that they go nowhere else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { openTerminal } from '../e2e/pseudo-terminal.ts';
import type { CliOutcome } from './cli-process.ts';
import { type FakedSwarmd, startSwarmdWithFakes } from './swarmd-with-fakes.ts';

const VALUE = 'sk-planted-51c2ab77e0';
const PROGRAM = join(import.meta.dirname, 'fixtures', 'swarmd-with-fakes.ts');
let swarmd: FakedSwarmd;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-cli-secrets-'));
  swarmd = await startSwarmdWithFakes();
});
after(async () => {
  await swarmd?.remove();
  await rm(folder, { recursive: true, force: true });
});

const cli = (args: readonly string[], input?: string) =>
  swarmd.cli(['secrets', ...args], { cwd: folder, ...(input !== undefined && { input }) });

async function ok(args: readonly string[], input?: string): Promise<CliOutcome> {
  const outcome = await cli(args, input);
  assert.equal(outcome.exitCode, 0, `${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`);
  assert.ok(!(outcome.stdout + outcome.stderr).includes(VALUE));
  return outcome;
}

async function fails(args: readonly string[], input: string | undefined, exitCode: number) {
  const outcome = await cli(args, input);
  assert.equal(outcome.exitCode, exitCode, outcome.stdout + outcome.stderr);
  assert.ok(!(outcome.stdout + outcome.stderr).includes(VALUE), outcome.stderr);
  return outcome.stderr;
}

test('set, list, rotate, use, history, delete', async () => {
  const empty = await ok(['list']);
  assert.match(empty.stderr, /no secrets/);
  const set = await ok(
    ['set', 'API_KEY', '--host', 'api.example.com', '--header', 'x-api-key'],
    `${VALUE}\n`,
  );
  assert.match(set.stderr, /The line break at the end of the input was left out/);
  assert.match(set.stderr, /API_KEY is set \(version 1\)/);
  const again = await fails(['set', 'API_KEY'], VALUE, 1);
  assert.match(again, /API_KEY already.*rotate/s);
  await writeFile(join(folder, 'value'), `${VALUE}-2`);
  const own = await ok([
    'set',
    'API_KEY',
    '--agent',
    'desk',
    '--from-file',
    'value',
    '--mode',
    'inject',
    '--output',
    'json',
  ]);
  assert.deepEqual(
    [JSON.parse(own.stdout).agent, JSON.parse(own.stdout).mode, own.stderr],
    ['desk', 'inject', ''],
  );
  const rotated = await ok(['rotate', 'API_KEY'], `${VALUE}-3`);
  assert.match(rotated.stderr, /API_KEY has version 2: the next call carries it/);
  const used = await ok(['use', 'API_KEY', '--host', '*.example.com', '--allow-http']);
  assert.match(used.stderr, /to \*\.example\.com, in x-api-key, also without TLS/);
  assert.match((await ok(['use', 'API_KEY', '--no-allow-http'])).stderr, /over TLS only/);
  const { stdout } = await ok(['list']);
  assert.match(stdout, /API_KEY +\(all\) +2 +placeholder +\*\.example\.com +never +-/);
  assert.match(stdout, /API_KEY +desk +1 +inject +- +never +-/);
  assert.match((await ok(['history', 'API_KEY'])).stdout, /2 +current .*\n1 +ended /);
  const listed = JSON.parse((await ok(['--output', 'json'])).stdout);
  assert.equal(listed.length, 2);
  const versions = JSON.parse((await ok(['history', 'API_KEY', '--output', 'json'])).stdout);
  assert.deepEqual(
    versions.map((one: { version: number }) => one.version),
    [2, 1],
  );
  assert.match(await fails(['delete', 'API_KEY'], '', 2), /no terminal/);
  await ok(['delete', 'API_KEY', '-y']);
  await ok(['delete', 'API_KEY', '--agent', 'desk', '-y']);
  assert.match(await fails(['history', 'API_KEY'], undefined, 3), /no secret API_KEY/);
});

test('a value in an argument is refused with a reason, and is not printed again', async () => {
  for (const args of [
    ['set', 'API_KEY', VALUE],
    ['set', `API_KEY=${VALUE}`],
    ['set', `=${VALUE}`],
    ['rotate', 'API_KEY', VALUE, 'more'],
  ]) {
    const stderr = await fails(args, '', 2);
    assert.match(stderr, /given as an argument/);
  }
  assert.match(await fails(['set', 'api-key'], VALUE, 2), /capital letters/);
});

test('what is no value is refused before it is sent', async () => {
  assert.match(await fails(['set', 'A'], '', 2), /empty/);
  assert.match(await fails(['set', 'A'], '\n', 2), /empty/);
  assert.match(await fails(['set', 'A'], 'x'.repeat(65_539), 2), /65536 bytes/);
  assert.match(await fails(['set', 'A', '--from-file', 'gone'], undefined, 2), /gone/);
  await writeFile(join(folder, 'binary'), Buffer.from([0x80, 0xff, 0x00]));
  assert.match(await fails(['set', 'A', '--from-file', 'binary'], undefined, 2), /UTF-8/);
  assert.match(await fails(['set', 'A'], `${VALUE}\nmore\n`, 2), /line break.*inject/s);
  assert.match(await fails(['set', 'A'], `${VALUE}\0`, 2), /NUL/);
  assert.match(await fails(['set', 'A', '--mode', 'env'], VALUE, 2), /placeholder, inject/);
  assert.match(await fails(['use', 'A'], undefined, 2), /what to change/);
  for (const [option, value, says] of [
    ['--host', 'api.example.com:443', /has a port: write the host alone/],
    ['--host', '10.0.0.1', /is an address: [^"]*$/m],
    ['--host', '*', /without any, it may go wherever/],
    ['--header', 'Host', /says how a message is sent/],
  ] as const)
    assert.match(await fails(['set', 'A', option, value], VALUE, 2), says);
});

test('with JSON the error output has errors only', async () => {
  const set = ['set', 'ONCE', '--output', 'json'];
  assert.equal((await ok(set, `${VALUE}\n`)).stderr, '');
  const again = JSON.parse(await fails(set, `${VALUE}\n`, 1));
  assert.equal(again.error.code, 'secret_exists');
});

test('on a terminal it is asked for and not shown', async (t) => {
  const terminal = openTerminal(t, {
    args: ['secrets', 'set', 'TYPED'],
    env: { PATH: process.env.PATH, SWARM_HOME: swarmd.home },
  });
  await terminal.shows(/Value of TYPED \(not shown\): /);
  await terminal.raw();
  terminal.type(`${VALUE}-typed\r`);
  await terminal.shows(/TYPED is set \(version 1\)/);
  const { exitCode, modesBefore, modesAfter } = await terminal.ended();
  assert.equal(exitCode, 0);
  assert.equal(modesAfter, modesBefore);
  assert.ok(!terminal.screen().includes(VALUE));
});

test('names of secrets are completed', async () => {
  await ok(['set', 'COMPLETED'], VALUE);
  const { stdout } = await swarmd.cli(['completion', 'words', '--', 'secrets', 'rotate', 'COM']);
  assert.match(stdout, /^COMPLETED$/m);
});

test('a new root key, and a swarmd that is killed: everything is there after it', async () => {
  await ok(['set', 'KEPT'], VALUE);
  const report = JSON.parse((await ok(['rekey', '--output', 'json'])).stdout);
  assert.notEqual(report.before, report.after);
  assert.match((await ok(['rekey'])).stderr, new RegExp(`${report.after} opens nothing`));
  await swarmd.restart('SIGKILL');
  await ok(['rotate', 'KEPT'], `${VALUE}-2`);
  assert.equal((await stat(join(swarmd.home, 'root.key'))).mode & 0o777, 0o600);
});

test('swarmd does not start without its root key, and says how to restore it', async () => {
  const path = join(swarmd.home, 'root.key');
  const startOnce = async () => {
    const child = spawn(process.execPath, [PROGRAM], {
      env: { PATH: process.env.PATH, SWARM_HOME: swarmd.home, SWARM_LISTEN: '127.0.0.1:0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ended = await waitUntil(() => child.exitCode ?? child.signalCode ?? undefined, {
      timeoutMs: 30_000,
    });
    if (ended === undefined) child.kill('SIGKILL');
    assert.ok(ended !== undefined && ended !== 0, output);
    return output;
  };
  const { client } = swarmd;
  await client.stopSystem({ machines: true });
  assert.ok(await waitUntil(async () => !(await client.isUp()), { timeoutMs: 20_000 }));
  await rename(path, `${path}.away`);
  assert.match(await startOnce(), /root_key_missing|root\.key is not there/);
  const up = await swarmd.cli(['up', '-d', '--listen', '127.0.0.1:0']);
  assert.equal(up.exitCode, 1);
  assert.match(
    up.stderr,
    /error: swarmd did not start: The root key .* is not there.*\n {2}→ Restore/,
  );
  await rename(`${path}.away`, path);
  await chmod(path, 0o644);
  assert.match(await startOnce(), /mode is 0644/);
  await chmod(path, 0o600);
  await swarmd.restart('SIGTERM');
  await ok(['history', 'KEPT']);
});

test('no file of swarmd has a value in it, nor its log', async () => {
  const names = await readdir(swarmd.home, { recursive: true });
  const paths = names.map((name) => join(swarmd.home, name));
  let read = 0;
  for (const path of paths) {
    if (!(await stat(path)).isFile()) continue;
    read++;
    assert.ok(!(await readFile(path)).includes(VALUE), path);
  }
  assert.ok(read > 5);
  assert.match(swarmd.log(), /the root key is replaced/);
  assert.ok(!swarmd.log().includes(VALUE));
});
