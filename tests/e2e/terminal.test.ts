/** What the CLI does on a terminal: exec with one, following, watching, and Ctrl-C in each. */
import assert from 'node:assert/strict';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { mustRun } from '../../src/base/command.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { makeEchoAgent, writeManifest } from './echo-agent.ts';
import { CTRL_C, type Ended, openTerminal, type PseudoTerminal } from './pseudo-terminal.ts';
import { type Swarm, startSwarm } from './swarm-cli.ts';

const DOCKERFILE = `FROM scratch
COPY busybox /bin/sh
COPY echo-agent /echo-agent
ENV VERSION=1 PS1="ready> "
EXPOSE 8080
ENTRYPOINT ["/echo-agent"]
`;

let swarm: Swarm;
let folder: string;

before(async () => {
  folder = await makeEchoAgent();
  const busybox = await mustRun('sh', ['-c', 'command -v busybox'], { timeoutMs: 10_000 });
  await copyFile(busybox.stdout.trim(), join(folder, 'busybox'));
  await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
  swarm = await startSwarm();
  await swarm.ok(['deploy', '--agent', await writeManifest(folder, { name: 'echo' })]);
});
after(async () => {
  await swarm?.remove();
  if (folder) await rm(folder, { recursive: true, force: true });
});

function open(t: TestContext, ...args: string[]): PseudoTerminal {
  return openTerminal(t, { args, env: swarm.env });
}

function assertEnded(ended: Ended, exitCode: number): void {
  assert.equal(ended.exitCode, exitCode);
  assert.equal(ended.modesAfter, ended.modesBefore, 'the terminal is as it was');
}

test('exec -it gives a shell a terminal: prompt, sizes, Ctrl-C, exit code', async (t) => {
  const terminal = open(t, 'exec', 'echo', '-it', '--', '/bin/sh');
  await terminal.shows(/ready> /);
  terminal.type('stty size\r');
  await terminal.shows(/\b24 80\b/);
  await terminal.resize({ rows: 40, columns: 101 });
  terminal.type('until stty size | grep "40 101"; do sleep 1; done\r');
  await terminal.shows(/\n40 101\b/);
  terminal.type('echo sleeps-$((40+2)); sleep 1000\r');
  await terminal.shows(/sleeps-42/);
  terminal.type(CTRL_C);
  await terminal.shows(/ready> /);
  terminal.type('echo code-$?\r');
  await terminal.shows(/code-130/);
  terminal.type('exit 7\r');
  assertEnded(await terminal.ended(), 7);
});

const CATCHES = 'trap "echo caught; exit 9" INT; echo waits; while :; do sleep 1; done';

test('Ctrl-C reaches the command and not the CLI, with a terminal and without', async (t) => {
  for (const options of [['-it'], ['-i'], []]) {
    const terminal = open(t, 'exec', 'echo', ...options, '--', '/bin/sh', '-c', CATCHES);
    await terminal.shows(/waits/);
    terminal.type(CTRL_C);
    await terminal.shows(/caught/);
    assertEnded(await terminal.ended(), 9);
  }
});

test('without -t keys are the terminal’s own, and Ctrl-D ends the input', async (t) => {
  const terminal = open(t, 'exec', 'echo', '-i', '--', '/bin/sh', '-c', 'cat; echo over-$((1+1))');
  terminal.type('a line\r');
  await terminal.shows(/a line[\s\S]*a line/);
  terminal.type('\u0004');
  await terminal.shows(/over-2/);
  assertEnded(await terminal.ended(), 0);
});

const LIST = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done 2>/dev/null';

/** Does `cat`, which the test runs in the machine, run there? */
async function catRuns(): Promise<boolean> {
  const { stdout } = await swarm.ok(['exec', 'echo', '--', '/bin/sh', '-c', LIST]);
  assert.match(stdout, /^\/echo-agent *$/m, 'it sees processes');
  return /^cat a-marker *$/m.test(stdout);
}

async function catEnds(): Promise<void> {
  const ended = await waitUntil(async () => !(await catRuns()), { timeoutMs: 60_000 });
  assert.ok(ended, 'the command inside still runs');
}

/** A command that never ends by itself: it reads a FIFO that nobody writes. */
const STAYS = ['--', '/bin/sh', '-c', 'mkfifo a-marker; echo opened; exec cat a-marker'];

test('a window that is closed ends the command inside', async (t) => {
  const terminal = open(t, 'exec', 'echo', '-it', ...STAYS);
  await terminal.shows(/opened/);
  assert.ok(await waitUntil(catRuns, { timeoutMs: 60_000 }), 'it would be seen');
  await terminal.close();
  await catEnds();
});

test('a terminal is given back when swarmd dies in the middle', async (t) => {
  const terminal = open(t, 'exec', 'echo', '-it', ...STAYS);
  await terminal.shows(/opened/);
  await terminal.raw();
  process.kill(swarm.pid(), 'SIGKILL');
  await terminal.shows(/error: /);
  assertEnded(await terminal.ended(), 4);
  await swarm.ok(['up', '-d']);
  await catEnds();
});

test('logs -f follows until Ctrl-C', async (t) => {
  const terminal = open(t, 'logs', 'echo', '--stdout', '-f');
  await terminal.shows(/0 \| echo-agent listens on 8080/);
  await swarm.ok(['restart', 'echo']);
  await terminal.shows(/echo-agent stops/);
  terminal.type(CTRL_C);
  assertEnded(await terminal.ended(), 130);
  assert.doesNotMatch(terminal.screen(), /error|abort/i);
});

/** What live lines write to take away what they drew before: up so many lines, erase all below. */
const ERASE = '\u001b[0J';

test('status --watch draws one table anew, until Ctrl-C', async (t) => {
  const terminal = open(t, 'status', '--watch');
  await terminal.shows(/echo +running +1\/1[\s\S]*Ctrl-C ends this/);
  await swarm.ok(['scale', 'echo', '--replicas', '0']);
  await terminal.shows(/echo +stopped +0\/0[\s\S]*Ctrl-C ends this/);
  const frames = terminal.screen().split(ERASE);
  assert.ok(frames.length > 1 && frames.slice(0, -1).every((frame) => /\[\d+A$/.test(frame)));
  const frame = frames.at(-1) ?? '';
  assert.equal(frame.match(/echo /g)?.length, 1, frame);
  assert.doesNotMatch(frame, /1\/1/);
  terminal.type(CTRL_C);
  assertEnded(await terminal.ended(), 130);
  assert.doesNotMatch(terminal.screen(), /error|abort/i);
});
