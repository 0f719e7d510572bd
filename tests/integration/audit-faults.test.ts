/** Faults of the disk under the audit log's writer, injected into its system calls or real. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  read,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AcknowledgedEntries } from '../../scripts/torture/acknowledged-entries.ts';
import { runVerifier } from '../../scripts/torture/run-verifier.ts';
import { Victim } from '../../scripts/torture/victim.ts';
import type { VictimReport } from '../../scripts/torture/victim-report.ts';
import { openLogWriter } from '../../src/audit/log/open-log-writer.ts';
import type { LogWriter } from '../../src/audit/ports.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';

const SEGMENT_BYTES = 16 * 1024;
const WAIT_MS = 30_000;
/** Not a multiple of 3: without the index, whose files would be hit as well. */
const SEED = 101;

const hasFiu = spawnSync('fiu-run', ['-h']).error === undefined;
const noFiu = hasFiu ? false : 'fiu-run is not there: apt-get install fiu-utils';

function newFolder(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'swarm-faults-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

function startVictim(t: TestContext, home: string, wrapper: readonly string[] = []): Victim {
  const victim = new Victim({
    ...{ dir: join(home, 'audit'), seed: SEED, workspaces: 1, segmentBytes: SEGMENT_BYTES },
    wrapper,
  });
  t.after(() => victim.kill());
  return victim;
}

const isAcknowledged = ({ type }: VictimReport) => type === 'acknowledged';
const isRefused = ({ type }: VictimReport) => type === 'refused';
const isAvailable = (report: VictimReport) => report.type === 'state' && report.state.available;

function refusals(victim: Victim): string[] {
  return victim.reports.flatMap((report) =>
    report.type === 'refused' ? [`${report.code}: ${report.message}`] : [],
  );
}

/** Holds what victims acknowledged against what lies in the log. */
function newLedger(home: string) {
  const dir = join(home, 'audit');
  const log = new AcknowledgedEntries(join(dir, 'w0'));
  const wrong: string[] = [];
  let acknowledged = 0;
  return {
    log,
    take(reports: readonly VictimReport[]): void {
      for (const report of reports) {
        if (report.type === 'acknowledged') acknowledged += report.entries.length;
        if (report.type === 'open' || report.type === 'closed')
          wrong.push(...log.look(report.committed));
        else log.take(report);
      }
    },
    /** Everything that was acknowledged is there, and the verifier has nothing to say. */
    async assertNothingLost(): Promise<void> {
      assert.deepEqual(wrong, []);
      assert.equal(log.checked, acknowledged);
      const verdict = await runVerifier(dir, { key: join(dir, 'key.pub') });
      assert.ok(verdict.ok, verdict.text);
    },
  };
}

/**
 * What fiu-ctrl does. libfiu would serve each forked child as well, and its thread that waits there
 * for a partner keeps the child from ever reaching its program (EBUSY, or for ever). Without the
 * folder it cannot, and both ends that are open stay.
 */
async function remoteControl(t: TestContext, folder: string, pid: number | undefined) {
  const fifo = join(folder, `fiu-${pid}`);
  const [input, output] = [openSync(`${fifo}.in`, 'r+'), openSync(`${fifo}.out`, 'r+')];
  t.after(() => {
    closeSync(input);
    closeSync(output);
  });
  const control = async (command: string) => {
    writeSync(input, `${command}\n`);
    const answer = Buffer.alloc(20);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    read(output, answer, 0, answer.length, null, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
    assert.equal(answer.toString('latin1', 0, await promise).trim(), '0', command);
  };
  // Answered: it has both ends open as well.
  await control('enable name=swarm/nothing');
  rmSync(folder, { recursive: true });
  return control;
}

/** Number of errno, as libfiu takes it. */
const EIO = 5;
const ENOSPC = 28;
const EROFS = 30;
const FAULTS = [
  { name: 'posix/io/rw/pwritev', errno: EIO, says: /EIO|i\/o error/ },
  { name: 'posix/io/rw/pwritev', errno: ENOSPC, says: /ENOSPC|no space/ },
  { name: 'posix/io/sync/fdatasync', errno: EIO, says: /EIO|i\/o error/ },
  { name: 'posix/io/sync/fsync', errno: EIO, says: /EIO|i\/o error/ },
  { name: 'posix/io/rw/ftruncate', errno: EIO, says: undefined },
  { name: 'posix/io/oc/open', errno: EROFS, says: /EROFS|read-only/ },
  { name: 'posix/io/dir/rename', errno: EIO, says: /EIO|i\/o error/ },
];

for (const { name, errno, says } of FAULTS)
  for (const probability of [0.05, 1])
    test(`${name} fails with errno ${errno} (${probability}): no false word, and it goes on by itself`, {
      skip: noFiu,
      timeout: 120_000,
    }, async (t) => {
      const home = newFolder(t);
      const folder = join(home, 'control');
      mkdirSync(folder);
      const victim = startVictim(t, home, ['fiu-run', '-x', '-f', join(folder, 'fiu')]);
      await victim.loaded();
      const control = await remoteControl(t, folder, victim.pid);
      await victim.begin();
      await victim.next(isAcknowledged, WAIT_MS);
      await sleep(150);
      await control(`enable_random name=${name},probability=${probability},failinfo=${errno}`);
      if (says !== undefined && probability === 1) await victim.next(isRefused, WAIT_MS);
      await sleep(1_300);
      await control(`disable name=${name}`);
      const last = victim.reports.findLast(({ type }) => type === 'state');
      if (last?.type === 'state' && !last.state.available) await victim.next(isAvailable, WAIT_MS);
      await victim.next(isAcknowledged, WAIT_MS);
      await victim.close(WAIT_MS);
      assert.equal(victim.stderr, '');
      for (const text of refusals(victim)) assert.match(text, /^audit_unavailable: /);
      if (says !== undefined && probability === 1) assert.match(refusals(victim).join('\n'), says);
      const ledger = newLedger(home);
      ledger.take(victim.reports);
      await ledger.assertNothingLost();
    });

test('a writer killed while its disk fails comes back with all that it acknowledged', {
  skip: noFiu,
  timeout: 180_000,
}, async (t) => {
  const home = newFolder(t);
  const all = ['pwritev', 'ftruncate'].map((name) => `posix/io/rw/${name}`);
  const faults = [...all, 'posix/io/sync/fdatasync', 'posix/io/sync/fsync', 'posix/io/dir/rename'];
  const ledger = newLedger(home);
  for (let round = 0; round < 4; round++) {
    const commands = faults.flatMap((name) => [
      '-c',
      `enable_random name=${name},probability=0.03,failinfo=${round % 2 ? EIO : ENOSPC}`,
    ]);
    const failing = startVictim(t, home, ['fiu-run', '-x', ...commands]);
    await failing.begin({ w0: ledger.log.lookedAt });
    await failing.next(isAcknowledged, WAIT_MS).catch(() => undefined);
    await sleep(400);
    await failing.kill();
    // What it says of its start may have been cut back since: only what it acknowledged counts.
    ledger.take(failing.reports.filter(isAcknowledged));
    const sound = startVictim(t, home);
    await sound.begin();
    await sound.next(isAcknowledged, WAIT_MS);
    await sound.close(WAIT_MS);
    ledger.take(sound.reports);
  }
  await ledger.assertNothingLost();
});

const actor = serviceEventActor('test');
const draft = { kind: 'test.event' as EventKind, actor, phase: 'whole' } as const;

async function open(t: TestContext, dir: string): Promise<LogWriter> {
  const writer = await openLogWriter({ dir, log: silentLogger, publishAfterMs: 10 });
  let closed: Promise<void> | undefined;
  const close = writer.close.bind(writer);
  writer.close = () => (closed ??= close());
  t.after(() => writer.close());
  return writer;
}

async function logOf(t: TestContext, dir: string, entries: number): Promise<void> {
  const writer = await open(t, dir);
  for (let i = 0; i < entries; i++) await writer.append('w0', [{ draft }]);
  await writer.close();
}

function newDisk(t: TestContext, options: string): string {
  const home = mkdtempSync(join(tmpdir(), 'swarm-faults-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', home]);
  t.after(() => {
    execFileSync('umount', ['-l', home]);
    rmSync(home, { recursive: true });
  });
  return home;
}

const noRoot = process.getuid?.() === 0 ? false : 'mounting a small file system needs root';

test('a full disk refuses, says so, and is written to again once there is room', {
  skip: noRoot,
}, async (t) => {
  const home = newDisk(t, 'size=1m');
  const dir = join(home, 'audit');
  const writer = await open(t, dir);
  t.after(() => writer.close());
  assert.throws(() => writeFileSync(join(home, 'ballast'), Buffer.alloc(2_000_000)));
  const attributes = { pad: 'x'.repeat(2_000) };
  const seqs: number[] = [];
  const fill = async () => {
    for (let i = 0; i < 2_000; i++)
      for (const { seq } of await writer.append('w0', [{ draft: { ...draft, attributes } }]))
        seqs.push(seq);
  };
  await assert.rejects(fill(), { code: 'audit_unavailable', message: /ENOSPC|no space/ });
  assert.equal(writer.state().available, false);
  rmSync(join(home, 'ballast'));
  await waitUntil(() => writer.state().available, { timeoutMs: WAIT_MS });
  const [receipt] = await writer.append('w0', [{ draft }]);
  assert.ok(receipt !== undefined && receipt.seq >= seqs.length, `${receipt?.seq}`);
  await writer.close();
  const verdict = await runVerifier(dir, { key: join(dir, 'key.pub') });
  assert.ok(verdict.ok, verdict.text);
});

test('a read-only folder is said to be unusable', { skip: noRoot }, async (t) => {
  const home = newDisk(t, 'size=1m,ro');
  await assert.rejects(openLogWriter({ dir: join(home, 'audit'), log: silentLogger }), {
    code: 'audit_folder_unusable',
    message: /EROFS|read-only/,
  });
});

test('without its key, or under another one, a log is not written on', async (t) => {
  const home = newFolder(t);
  const [ours, theirs] = [join(home, 'ours'), join(home, 'theirs')];
  await logOf(t, ours, 3);
  await logOf(t, theirs, 3);
  const key = readFileSync(join(ours, 'key'));
  rmSync(join(ours, 'key'));
  const attempt = () => openLogWriter({ dir: ours, log: silentLogger });
  await assert.rejects(attempt(), { code: 'audit_key_invalid', message: /is missing/ });
  assert.equal(existsSync(join(ours, 'key')), false, 'no new key is made');
  cpSync(join(theirs, 'key'), join(ours, 'key'));
  await assert.rejects(attempt(), { code: 'audit_key_invalid', message: /does not belong/ });
  writeFileSync(join(ours, 'key'), 'not a key', { mode: 0o600 });
  await assert.rejects(attempt(), { code: 'audit_key_invalid' });
  writeFileSync(join(ours, 'key'), key, { mode: 0o600 });
  const writer = await open(t, ours);
  assert.equal(writer.committed('w0').size, 3);
});

test('with both halves of another key, a log is damaged and not written on', async (t) => {
  const home = newFolder(t);
  const [ours, theirs] = [join(home, 'ours'), join(home, 'theirs')];
  await logOf(t, ours, 3);
  await logOf(t, theirs, 3);
  for (const name of ['key', 'key.pub']) cpSync(join(theirs, name), join(ours, name));
  const writer = await open(t, ours);
  const state = writer.state();
  assert.ok(!state.available && /checkpoint|signed/.test(state.reason), JSON.stringify(state));
  await assert.rejects(writer.append('w0', [{ draft }]), { code: 'audit_unavailable' });
});

test("another log's checkpoint, or one of more entries than there are, is damage", async (t) => {
  const home = newFolder(t);
  const dir = join(home, 'audit');
  const writer = await open(t, dir);
  for (const [workspace, entries] of [
    ['w0', 3],
    ['w1', 5],
  ] as const)
    for (let i = 0; i < entries; i++) await writer.append(workspace, [{ draft }]);
  await writer.close();
  const own = readFileSync(join(dir, 'w0', 'checkpoint'));
  cpSync(join(dir, 'w1', 'checkpoint'), join(dir, 'w0', 'checkpoint'));
  const strange = await open(t, dir);
  const error = { code: 'audit_unavailable', message: /checkpoint/ };
  await assert.rejects(strange.append('w0', [{ draft }]), error);
  assert.equal((await strange.append('w1', [{ draft }])).length, 1, 'the other log is sound');
  await strange.close();
  writeFileSync(join(dir, 'w0', 'checkpoint'), own);
  rmSync(join(dir, 'w0', 'segments'), { recursive: true });
  const emptied = await open(t, dir);
  await assert.rejects(emptied.append('w0', [{ draft }]), { code: 'audit_unavailable' });
});

test('a second opener is refused, by name of the first, and the first goes on', async (t) => {
  const dir = join(newFolder(t), 'audit');
  const writer = await open(t, dir);
  await assert.rejects(openLogWriter({ dir, log: silentLogger }), {
    code: 'audit_folder_locked',
    message: new RegExp(`pid ${process.pid}`),
  });
  assert.equal((await writer.append('w0', [{ draft }]))[0]?.seq, 0);
});
