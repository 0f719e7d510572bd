import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import {
  EXEC_FRAME,
  type GuestEvent,
  type GuestLogLine,
  guestEvent,
  guestExit,
  guestLogLine,
  guestRunResult,
  guestStatus,
} from '../../src/contracts/guest.ts';
import {
  type GuestFixture,
  type GuestMachine,
  makeGuestFixture,
} from './fixtures/guest-machine.ts';

const ENV = { PATH: '/bin' };
const TIMEOUT_MS = 120_000;

let fixture: GuestFixture;
before(async () => {
  fixture = await makeGuestFixture();
});
after(() => fixture?.remove());

/** Runs the probe in the machine to its end. */
async function run(machine: GuestMachine, actions: string[], spec: object = {}) {
  const answer = await machine.call('POST', 'run', {
    ...{ argv: ['probe', ...actions], env: ENV, cwd: '/', user: '', timeoutMs: 60_000 },
    ...spec,
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return guestRunResult.parse(answer.body);
}

async function output(machine: GuestMachine, actions: string[], spec: object = {}) {
  return (await run(machine, actions, spec)).output.trim();
}

async function status(machine: GuestMachine) {
  return guestStatus.parse((await machine.call('GET', 'status')).body);
}

async function eventOf<T extends GuestEvent['type']>(
  machine: GuestMachine,
  type: T,
  matches: (event: Extract<GuestEvent, { type: T }>) => boolean = () => true,
): Promise<Extract<GuestEvent, { type: T }>> {
  for await (const line of machine.lines('events?after=0')) {
    const event = guestEvent.parse(line);
    if (event.type === type && matches(event as Extract<GuestEvent, { type: T }>))
      return event as Extract<GuestEvent, { type: T }>;
  }
  throw new Error(`the stream ended without ${type}`);
}

describe('guestd runs commands', { timeout: TIMEOUT_MS * 4 }, () => {
  let machine: GuestMachine;
  before(async () => {
    machine = await fixture.boot();
  });
  after(() => machine?.kill());

  test('with exactly the user, directory, environment and arguments asked for', async () => {
    const spec = {
      env: { ...ENV, EMPTY: '', 'ODD NAME': 'a\nb' },
      cwd: '/new/folder',
      user: 'app',
    };
    const info = JSON.parse(await output(machine, ['info'], spec));
    assert.deepEqual(info.env.toSorted(), [
      'EMPTY=',
      'HOME=/home/app',
      'ODD NAME=a\nb',
      'PATH=/bin',
    ]);
    assert.deepEqual(info.argv, ['probe', 'info']);
    const { uid, gid, groups, cwd, hostname, capabilities, leadsSession } = info;
    assert.deepEqual(
      { uid, gid, groups: groups.toSorted(), cwd, hostname, capabilities, leadsSession },
      {
        ...{ uid: 1000, gid: 1000, groups: [1000, 2000], cwd: '/new/folder', hostname: 'web-1' },
        ...{ capabilities: '0000000000000000', leadsSession: true },
      },
    );
  });

  test('as any user an image can name', async () => {
    const cases = [
      ['', 0, 0, 'HOME=/root'],
      ['app:www', 1000, 33, 'HOME=/home/app'],
      ['4242', 4242, 0, 'HOME=/'],
      ['4242:4343', 4242, 4343, 'HOME=/'],
    ] as const;
    for (const [user, uid, gid, home] of cases) {
      const info = JSON.parse(await output(machine, ['info'], { user }));
      assert.deepEqual([info.uid, info.gid], [uid, gid], user);
      assert.ok(info.env.includes(home), user);
    }
    const root = JSON.parse(
      await output(machine, ['info'], { env: { HOME: '/own' }, argv: ['/bin/probe', 'info'] }),
    );
    assert.deepEqual(root.env, ['HOME=/own']);
    assert.equal(root.capabilities, '00000000a00425fb');
  });

  test('and says how they ended', async () => {
    const plain = await run(machine, ['out=a', 'err=b', 'exit=7']);
    assert.deepEqual(plain, { exitCode: 7, signal: null, timedOut: false, output: 'a\nb\n' });
    const raised = await run(machine, ['raise=9']);
    assert.deepEqual([raised.exitCode, raised.signal], [null, 'SIGKILL']);
    const late = await run(machine, ['out=begun', 'orphans=1', 'sleep=600000'], {
      timeoutMs: 1000,
    });
    assert.deepEqual(late, {
      exitCode: null,
      signal: 'SIGKILL',
      timedOut: true,
      output: 'begun\n',
    });
    const long = await run(machine, ['noise=200'], { maxOutputBytes: 1500 });
    assert.equal(long.output.length, 1500);
    assert.equal(long.exitCode, 0);
  });

  test('or why they cannot start', async () => {
    const cases = [
      [{ argv: ['absent'] }, 'executable_not_found'],
      [{ argv: ['/bin/absent'] }, 'executable_not_found'],
      [{ argv: ['/bin/plain'] }, 'executable_not_permitted'],
      [{ argv: ['/bin/text'] }, 'start_failed'],
      [{ argv: ['/bin'] }, 'executable_not_permitted'],
      [{ user: 'nobody' }, 'user_not_found'],
      [{ user: 'app:nogroup' }, 'user_not_found'],
      [{ cwd: '/bin/probe/x' }, 'start_failed'],
    ] as const;
    for (const [spec, code] of cases) {
      const body = { argv: ['probe'], env: ENV, cwd: '/', user: '', ...spec };
      const answer = await machine.call('POST', 'run', body);
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.equal((answer.body as { error: { code: string } }).error.code, code);
    }
  });

  test('only for who has the token, and for nobody inside', async () => {
    for (const token of ['', 'wrong', `${'0123456789abcdef'.repeat(4)}0`])
      assert.equal((await machine.call('GET', 'status', undefined, token)).status, 401);
    assert.equal(await output(machine, ['dial=10.0.2.15:61707']), 'false');
    assert.equal(await output(machine, ['dial=127.0.0.1:61707']), 'false');
  });

  test('that cannot reach guestd, its drives or the kernel', async () => {
    assert.match(await output(machine, ['mknod=/dev/drive']), /not permitted/);
    assert.match(await output(machine, ['read=/proc/1/environ']), /permission denied/);
    assert.match(await output(machine, ['read=/proc/1/root/modules/order']), /permission denied/);
    assert.match(await output(machine, ['write=/proc/sys/kernel/core_pattern']), /read-only/);
    assert.match(await output(machine, ['write=/proc/sysrq-trigger']), /read-only/);
    assert.match(await output(machine, ['write=/sys/fs/cgroup/agent/memory.max']), /read-only/);
    // The configuration drive is 8 sectors long; it is gone from the machine.
    assert.doesNotMatch(await output(machine, ['blocks']), / 8$/m);
    assert.match(await output(machine, ['read=/etc/hosts']), /^10\.0\.2\.15\tweb-1$/m);
    assert.equal(await output(machine, ['read=/etc/resolv.conf']), 'nameserver 10.0.2.3');
  });

  test('with streams', async () => {
    const session = await machine.exec({
      ...{ argv: ['probe', 'err=ready', 'cat', 'exit=3'], env: ENV, cwd: '/', user: 'app' },
      tty: false,
    });
    const big = 'x'.repeat(50_000);
    for (let i = 0; i < 4; i++) session.send(EXEC_FRAME.stdin, big);
    session.send(EXEC_FRAME.stdinEnd);
    assert.deepEqual(await session.ended, { exitCode: 3, signal: null });
    assert.equal(session.output.stdout.length, 200_000);
    assert.equal(session.output.stderr, 'ready\n');
  });

  test('with a terminal that can be resized', async () => {
    const session = await machine.exec({
      ...{ argv: ['probe', 'size', 'await=28', 'size', 'cat'], env: ENV, cwd: '/', user: 'app' },
      ...{ tty: true, columns: 80, rows: 24 },
    });
    const shows = (text: string) =>
      waitUntil(() => session.output.stdout.includes(text), { timeoutMs: 30_000 });
    assert.ok(await shows('80x24'), session.output.stdout);
    // The probe may not wait for the signal yet: each new size sends it again.
    const resized = await waitUntil(
      () => {
        session.send(EXEC_FRAME.resize, { columns: 100, rows: 30 });
        session.send(EXEC_FRAME.signal, { signal: 'SIGWINCH' });
        return session.output.stdout.includes('100x30');
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
    assert.ok(resized, session.output.stdout);
    session.send(EXEC_FRAME.stdin, 'typed\n');
    assert.ok(await shows('typed\r\ntyped\r\n'), session.output.stdout);
    session.send(EXEC_FRAME.stdinEnd);
    assert.deepEqual(await session.ended, { exitCode: 0, signal: null });
  });

  test('that get signals, and end with their session', async () => {
    const spec = { argv: ['probe', 'out=up', 'sleep=600000'], env: ENV, cwd: '/', user: '' };
    const signalled = await machine.exec({ ...spec, tty: false });
    await waitUntil(() => signalled.output.stdout === 'up\n', { timeoutMs: 30_000 });
    signalled.send(EXEC_FRAME.signal, { signal: 'SIGTERM' });
    assert.deepEqual(await signalled.ended, { exitCode: null, signal: 'SIGTERM' });
    const left = await machine.exec({ ...spec, tty: false });
    await waitUntil(() => left.output.stdout === 'up\n', { timeoutMs: 30_000 });
    left.close();
    const alone = () => output(machine, ['processes']).then((count) => count === '1');
    assert.ok(await waitUntil(alone, { timeoutMs: 30_000 }), 'the command outlived its session');
    // With more input than the pipe holds, and than guestd, its connection and QEMU hold together.
    for (const { frames, how } of [
      { frames: 4, how: 'orderly' },
      { frames: 500, how: 'reset' },
    ] as const) {
      const unread = await machine.exec({ ...spec, tty: false });
      for (let sent = 0; sent < frames; sent++) unread.send(EXEC_FRAME.stdin, 'x'.repeat(60_000));
      await waitUntil(() => unread.output.stdout === 'up\n', { timeoutMs: 30_000 });
      unread.close(how);
      assert.ok(await waitUntil(alone, { timeoutMs: 30_000 }), `${frames} frames, ${how}`);
    }
    const failed = await machine.exec({ ...spec, argv: ['absent'], tty: false });
    const error = (await failed.ended).error as { code: string };
    assert.equal(error.code, 'executable_not_found');
  });

  test('and buries every orphan', async () => {
    await run(machine, ['orphans=20', 'sleep=500']);
    assert.equal(await output(machine, ['sleep=200', 'zombies']), '0');
  });

  test('and takes the host’s clock and randomness', async () => {
    const unixNanos = '1900000000000000000';
    assert.equal((await machine.call('POST', 'clock', { unixNanos })).status, 204);
    const seconds = Number(await output(machine, ['time']));
    assert.ok(seconds >= 1_900_000_000 && seconds < 1_900_000_600, String(seconds));
    const seed = Buffer.alloc(64, 7).toString('base64');
    assert.equal((await machine.call('POST', 'reseed', { seed })).status, 204);
  });
});

describe('guestd runs the agent’s process', { timeout: TIMEOUT_MS * 4 }, () => {
  const spec = { env: ENV, cwd: '/', user: 'app' };

  test('once, tells its ports and its end, and powers off', async () => {
    const machine = await fixture.boot();
    assert.equal((await status(machine)).process.state, 'none');
    const failed = await machine.call('POST', 'process', { ...spec, argv: ['absent'] });
    assert.equal(failed.status, 422);
    const argv = ['probe', 'out=agent output', 'listen=8080', 'listen=80', 'await=15', 'exit=5'];
    const started = await machine.call('POST', 'process', { ...spec, argv, user: '' });
    assert.equal(started.status, 201, JSON.stringify(started.body));
    assert.equal((await machine.call('POST', 'process', { ...spec, argv })).status, 409);
    const listening = await eventOf(machine, 'listening', ({ ports }) => ports.length === 2);
    assert.deepEqual(listening.ports, [80, 8080]);
    assert.deepEqual((await status(machine)).listening, [80, 8080]);
    const stop = { signal: 'SIGTERM', timeoutMs: 30_000 };
    const exit = guestExit.parse((await machine.call('POST', 'process/stop', stop)).body);
    assert.deepEqual([exit.exitCode, exit.signal, exit.oomKilled], [5, null, false]);
    assert.deepEqual((await eventOf(machine, 'process_exited')).exit, exit);
    assert.deepEqual((await status(machine)).process.exit, exit);
    assert.equal((await machine.call('POST', 'poweroff')).status, 202);
    assert.ok(await waitUntil(() => machine.exited, { timeoutMs: 30_000 }), 'QEMU still runs');
    assert.doesNotMatch(await machine.console(), /agent output/);
  });

  test('and kills it with all its children when it will not stop', async () => {
    const machine = await fixture.boot();
    const argv = ['probe', 'ignore=15', 'orphans=3', 'out=up', 'sleep=600000'];
    await machine.call('POST', 'process', { ...spec, argv });
    for await (const line of machine.lines('logs?follow=true'))
      if (guestLogLine.parse(line).type === 'line') break;
    assert.equal((await machine.call('POST', 'process/signal', { signal: 'SIGTERM' })).status, 204);
    const stop = { signal: 'SIGTERM', timeoutMs: 300 };
    const exit = guestExit.parse((await machine.call('POST', 'process/stop', stop)).body);
    assert.deepEqual([exit.exitCode, exit.signal, exit.oomKilled], [null, 'SIGKILL', false]);
    assert.equal(await output(machine, ['processes']), '1');
    await machine.kill();
  });

  test('and survives its noise, its hunger for memory, its forks and a full disk', async () => {
    const machine = await fixture.boot();
    const long = 'é'.repeat(10_000);
    const argv = ['probe', `err=${long}`, 'noise=3000', 'await=10', 'eat'];
    assert.equal((await machine.call('POST', 'process', { ...spec, argv })).status, 201);

    const lines = await logsUntil(machine, (line) => line.text.startsWith('000003000'));
    const texts = lines.flatMap((line) => (line.type === 'line' ? [line] : []));
    let next = 1;
    for (const line of lines) {
      if (line.type === 'ping') continue;
      assert.equal(line.seq, line.type === 'lost' ? next + line.count - 1 : next);
      next = line.seq + 1;
    }
    const [kept] = texts.filter(({ stream }) => stream === 'stderr');
    if (kept !== undefined) assert.ok(kept.partial);
    assert.equal(texts.at(-1)?.stream, 'stdout');

    const again = await logsUntil(machine, (line) => line.text.startsWith('000003000'));
    assert.equal(again[0]?.type, 'lost', 'the buffer is bounded, and says so');

    assert.match(await output(machine, ['fill=/tmp/full']), /no space left/);
    const { disk } = await status(machine);
    assert.ok(disk.usedBytes > disk.totalBytes * 0.9, JSON.stringify(disk));

    const forks = Number(await output(machine, ['forks'], { maxOutputBytes: 100 }));
    assert.ok(forks > 10 && forks < 2000, String(forks));

    await machine.call('POST', 'process/signal', { signal: 'SIGUSR1' });
    const { exit } = await eventOf(machine, 'process_exited');
    assert.equal(exit.oomKilled, true, JSON.stringify(exit));
    assert.equal((await status(machine)).process.state, 'exited');
    assert.equal((await machine.call('POST', 'poweroff')).status, 202);
    assert.ok(await waitUntil(() => machine.exited, { timeoutMs: 30_000 }), 'QEMU still runs');

    const reborn = await fixture.boot({ diskPath: machine.diskPath });
    assert.match(await output(reborn, ['read=/etc/hosts']), /web-1/);
    assert.match(await output(reborn, ['write=/tmp/more', 'fill=/tmp/more']), /no space left/);
    await reborn.kill();
  });
});

async function logsUntil(
  machine: GuestMachine,
  last: (line: Extract<GuestLogLine, { type: 'line' }>) => boolean,
): Promise<GuestLogLine[]> {
  const lines: GuestLogLine[] = [];
  for await (const json of machine.lines('logs?after=0&follow=true')) {
    const line = guestLogLine.parse(json);
    lines.push(line);
    if (line.type === 'line' && last(line)) break;
  }
  return lines;
}
