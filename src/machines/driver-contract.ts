/**
 * What every driver must do, as tests on real machines. Run it from an integration test:
 *
 *   driverContract({ name: 'qemu/user', make, skip: { limits: 'no cgroup here' } });
 *
 * The cases share one machine and build on each other, in order, as a boot takes seconds.
 */
import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SwarmError } from '../base/errors.ts';
import { sleep, waitUntil } from '../base/wait.ts';
import { GUESTD_PORT, GUESTD_READY_LINE } from '../contracts/guest.ts';
import { cpuLimitOf } from './cpu-limit.ts';
import type { Endpoint, MachineDriver, MachineSpec } from './driver.ts';
import { askProbe, guest, PROBE_PORT, startProbe } from './probe-guest.ts';
import { wayOut } from './way-out-contract.ts';

export interface DriverUnderTest {
  /** Folder of the machines' folders. */
  readonly machinesDir: string;
  /** A new driver object over the same folder, as after a restart of swarmd. */
  open(): Promise<MachineDriver>;
  /** A machine with the probe agent's rootfs, its port 8000, and a token of its own. */
  spec(machineId: string): MachineSpec;
  /** As spec, but its init does nothing but write to the console without end. */
  floodingSpec(machineId: string): MachineSpec;
  /** What of a machine is on this host that the driver's own list() may not know of. */
  leftovers?(machineId: string): Promise<readonly string[]>;
  /** A driver whose folder has no free space; undefined where that cannot be made. */
  openOnFullDisk?(): Promise<{ driver: MachineDriver; machinesDir: string } | undefined>;
  close(): Promise<void>;
}

export type DriverContractCase =
  | 'creation'
  | 'boot'
  | 'limits'
  | 'pause'
  | 'memory'
  | 'console'
  | 'adoption'
  | 'isolation'
  | 'egress'
  | 'death'
  | 'removal'
  | 'half-made'
  | 'full-disk';

export interface DriverContractOptions {
  readonly name: string;
  readonly make: () => Promise<DriverUnderTest>;
  /** Cases left out, each with its reason. */
  readonly skip?: Partial<Record<DriverContractCase, string>>;
  readonly bootTimeoutMs?: number;
}

export { PROBE_PORT } from './probe-guest.ts';

interface Context {
  readonly under: DriverUnderTest;
  driver: MachineDriver;
  readonly bootTimeoutMs: number;
}

export function driverContract(options: DriverContractOptions): void {
  describe(`driver contract: ${options.name}`, { timeout: 600_000 }, () => {
    let context: Context;
    before(async () => {
      const under = await options.make();
      const driver = await under.open();
      context = { under, driver, bootTimeoutMs: options.bootTimeoutMs ?? 60_000 };
    });
    after(async () => {
      if (context === undefined) return;
      for (const machineId of await context.driver.list()) await context.driver.remove(machineId);
      await context.driver.close();
      await context.under.close();
    });
    const check = (
      name: DriverContractCase,
      title: string,
      act: (context: Context) => Promise<void>,
    ) => test(`${name}: ${title}`, { skip: options.skip?.[name] ?? false }, () => act(context));

    check('creation', 'a machine is made once, and says what it is', creation);
    check('boot', 'it starts once, boots, and is reached on its endpoints', boot);
    check('limits', 'CPU time, memory and processes are limited', limits);
    check('pause', 'it stands still and goes on', pause);
    check('memory', 'all memory of the guest can be written out, and it goes on', dumpMemory);
    check('console', 'the console is kept, and bounded whatever the guest writes', boundedConsole);
    check('adoption', 'a second driver object finds it running and takes it up', adoption);
    check('isolation', 'one machine reaches neither another nor the host', isolation);
    check('egress', 'the one way out leads to the host, whatever a process tries', wayOut);
    check('death', 'a killed VMM is noticed, and the machine starts again', death);
    check('removal', 'nothing is left, and removing again does nothing', removal);
    check(
      'half-made',
      'what a crash left half made is found, and can be made or removed',
      halfMade,
    );
    check('full-disk', 'a full disk is said and leaves nothing', fullDisk);
  });
}

const ID = 'contract-1';

async function creation({ driver, under }: Context): Promise<void> {
  assert.deepEqual(await driver.inspect(ID), { state: 'absent', endpoints: new Map() });
  await assert.rejects(driver.start(ID), hasCode('machine_not_found'));
  const wrong = { ...under.spec(ID), machineId: '../x' };
  await assert.rejects(async () => driver.create(wrong), hasCode('machine_spec_invalid'));
  await driver.kill(ID);
  await driver.remove(ID);
  assert.deepEqual(await driver.list(), []);

  await driver.create(under.spec(ID));
  assert.deepEqual(await driver.inspect(ID), { state: 'created', endpoints: new Map() });
  assert.deepEqual(await driver.list(), [ID]);
  await assert.rejects(driver.create(under.spec(ID)), hasCode('machine_exists'));
  assert.equal((await driver.inspect(ID)).state, 'created');
  assert.equal(await driver.wait(ID, { timeoutMs: 1_000 }), true);
  await assert.rejects(driver.pause(ID), hasCode('machine_not_running'));

  const { token } = under.spec(ID).guestConfig;
  for (const file of await filesUnder(join(under.machinesDir, ID))) {
    if (!(await readFile(file)).includes(token)) continue;
    assert.equal((await stat(file)).mode & 0o027, 0, `${file} holds the token, others can read it`);
  }
}

async function boot({ driver, under, bootTimeoutMs }: Context): Promise<void> {
  await driver.start(ID);
  const first = await driver.inspect(ID);
  await driver.start(ID);
  const again = await driver.inspect(ID);
  assert.equal(first.state, 'running');
  assert.ok(first.pid !== undefined && first.pid === again.pid);
  assert.ok(Math.abs((first.startedAtMs ?? 0) - Date.now()) < 60_000);
  assert.ok((first.usage?.memoryBytes ?? 0) > 1024 * 1024);
  assert.deepEqual([...first.endpoints.keys()].sort(), [GUESTD_PORT, PROBE_PORT]);
  const commandLine = await readFile(`/proc/${first.pid}/cmdline`, 'latin1');
  assert.ok(!commandLine.includes(under.spec(ID).guestConfig.token));
  assert.equal(await driver.wait(ID, { timeoutMs: 10 }), false);

  const ready = { text: GUESTD_READY_LINE, timeoutMs: bootTimeoutMs };
  const isReady = await driver.waitForConsole(ID, ready);
  assert.equal(isReady, true, await driver.console(ID, { maxBytes: 4_000 }));
  await startProbe(driver, under.spec(ID));
  assert.match(await askProbe(driver, ID, '/'), /hello from/);
}

async function limits({ driver, under }: Context): Promise<void> {
  assert.equal(driver.capabilities.limitsMissing, undefined);
  const { pid } = await driver.inspect(ID);
  const values = await cgroupValues(Number(pid));
  const spec = under.spec(ID);
  const memory = Number(values.get('memory.max') ?? values.get('memory.limit_in_bytes'));
  const guestBytes = spec.memoryMib * 1024 * 1024;
  assert.ok(memory >= guestBytes && memory <= guestBytes + 512 * 1024 * 1024, `memory: ${memory}`);
  const [quota = '', period = '100000'] = values.get('cpu.max')?.split(' ') ?? [
    values.get('cpu.cfs_quota_us'),
    values.get('cpu.cfs_period_us'),
  ];
  assert.equal(Number(quota) / Number(period), cpuLimitOf(spec.cpus));
  assert.ok(Number(values.get('pids.max')) > 0);
}

async function pause({ driver, under }: Context): Promise<void> {
  const client = await guest(driver, under.spec(ID));
  try {
    await driver.pause(ID);
    await driver.pause(ID);
    assert.equal((await driver.inspect(ID)).state, 'paused');
    await assert.rejects(client.status({ timeoutMs: 500 }));
    await driver.resume(ID);
    await driver.resume(ID);
    assert.equal((await driver.inspect(ID)).state, 'running');
    assert.equal((await client.status({ timeoutMs: 20_000 })).machineId, ID);
  } finally {
    client.close();
  }
}

async function dumpMemory({ driver, under }: Context): Promise<void> {
  if (!driver.capabilities.dumpMemory) {
    await assert.rejects(driver.dumpMemory(ID), hasCode('machine_operation_unsupported'));
    return;
  }
  const spec = under.spec(ID);
  const path = await driver.dumpMemory(ID);
  assert.ok(path.startsWith(join(under.machinesDir, ID)));
  assert.equal((await stat(path)).mode & 0o077, 0);
  assert.ok((await stat(path)).size >= spec.memoryMib * 1024 * 1024);
  // guestd was told it, so it is in there.
  assert.ok(await contains(path, Buffer.from(spec.guestConfig.token)));
  assert.equal((await driver.inspect(ID)).state, 'running');
  await rm(path);
}

/** Read in pieces that overlap: it is as large as the guest's memory. */
async function contains(path: string, word: Buffer): Promise<boolean> {
  let end = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const piece = Buffer.concat([end, chunk as Buffer]);
    if (piece.includes(word)) return true;
    end = piece.subarray(-word.length);
  }
  return false;
}

const SHARED_FILES = new Set(['kernel', 'initramfs', 'rootfs']);

async function boundedConsole(context: Context): Promise<void> {
  const { under } = context;
  const machineId = 'contract-flood';
  const spec = under.floodingSpec(machineId);
  const kept = async () => {
    let bytes = 0;
    for (const file of await filesUnder(join(under.machinesDir, machineId))) {
      // What a VMM with a user of its own is given of files that machines share.
      if (file.includes('/jail/') || SHARED_FILES.has(basename(file))) continue;
      const found = await stat(file).catch(() => undefined); // Rotated away just now.
      if (found?.size !== spec.diskMib * 1024 * 1024) bytes += found?.size ?? 0;
    }
    return bytes;
  };
  await context.driver.create(spec);
  try {
    await context.driver.start(machineId);
    const much = await waitUntil(async () => (await kept()) > 300_000, { timeoutMs: 60_000 });
    assert.equal(much, true, 'the guest floods its console');
    for (let look = 0; look < 20; look++) {
      assert.ok((await kept()) < 1_500_000);
      await sleep(100);
    }
    assert.ok((await context.driver.console(machineId, { maxBytes: 1_000 })).length <= 1_000);
    // Machines outlive swarmd, and so must the bound.
    await context.driver.close();
    const before = await kept();
    await sleep(2_000);
    assert.ok((await kept()) <= Math.max(before, 1_500_000));
  } finally {
    context.driver = await under.open();
    await context.driver.remove(machineId);
  }
}

async function adoption(context: Context): Promise<void> {
  const { under } = context;
  const earlier = await context.driver.inspect(ID);
  await context.driver.close();
  context.driver = await under.open();
  const { driver } = context;
  assert.deepEqual(await driver.list(), [ID]);
  const later = await driver.inspect(ID);
  assert.equal(later.state, 'running');
  assert.equal(later.pid, earlier.pid);
  assert.deepEqual(later.endpoints, earlier.endpoints);
  await driver.start(ID);
  assert.equal((await driver.inspect(ID)).pid, earlier.pid);
  await driver.pause(ID);
  await driver.resume(ID);
  assert.match(await askProbe(driver, ID, '/'), /hello from/);
}

async function isolation({ driver, under, bootTimeoutMs }: Context): Promise<void> {
  for (const to of ['127.0.0.1:61708', '198.18.0.1:443', '198.51.100.7:80'])
    assert.match(await askProbe(driver, ID, `/dial?to=${to}`), /refused:/, 'it has no way out');
  const other = 'contract-2';
  await driver.create(under.spec(other));
  try {
    await driver.start(other);
    const ready = { text: GUESTD_READY_LINE, timeoutMs: bootTimeoutMs };
    assert.equal(await driver.waitForConsole(other, ready), true);
    await startProbe(driver, under.spec(other));
    const wrongToken = { ...under.spec(other), guestConfig: under.spec(ID).guestConfig };
    const stranger = await guest(driver, wrongToken);
    await assert.rejects(stranger.status({ timeoutMs: 20_000 }), hasCode('guest_refused'));
    stranger.close();
    const { endpoints } = await driver.inspect(other);
    for (const endpoint of endpoints.values())
      for (const host of [endpoint.host, '10.0.2.2'])
        assert.match(
          await askProbe(driver, ID, `/dial?to=${host}:${endpoint.port}`),
          /refused:/,
          `one machine reaches another at ${host}:${endpoint.port}`,
        );
    await driver.kill(other);
    assert.match(await askProbe(driver, ID, '/'), /hello from/);
  } finally {
    await driver.remove(other);
  }
}

async function death(context: Context): Promise<void> {
  const { driver } = context;
  const { pid } = await driver.inspect(ID);
  assert.ok(pid !== undefined);
  const noticed = driver.wait(ID, { timeoutMs: 30_000 });
  process.kill(pid, 'SIGKILL');
  assert.equal(await noticed, true);
  assert.deepEqual(await driver.inspect(ID), { state: 'exited', endpoints: new Map() });
  const text = 'never said';
  assert.equal(await driver.waitForConsole(ID, { text, timeoutMs: 60_000 }), false);
  await driver.kill(ID);

  await driver.start(ID);
  const again = await driver.inspect(ID);
  assert.equal(again.state, 'running');
  assert.notEqual(again.pid, pid);
  const ended = driver.wait(ID, { timeoutMs: 30_000 });
  await driver.kill(ID);
  await driver.kill(ID);
  assert.equal(await ended, true);
  await driver.start(ID);
}

async function removal({ driver, under }: Context): Promise<void> {
  const { pid, endpoints } = await driver.inspect(ID);
  assert.ok(pid !== undefined, 'it runs');
  const cgroups = [...(await cgroupFolders(pid)).values()].filter((path) => path.includes(ID));
  await driver.remove(ID);
  await driver.remove(ID);
  assert.deepEqual(await driver.inspect(ID), { state: 'absent', endpoints: new Map() });
  assert.deepEqual(await driver.list(), []);
  assert.equal(existsSync(join(under.machinesDir, ID)), false);
  assert.deepEqual(await processesNaming(ID), []);
  for (const folder of cgroups) assert.equal(existsSync(folder), false, folder);
  for (const endpoint of endpoints.values()) assert.equal(await accepts(endpoint), false);
  assert.deepEqual((await under.leftovers?.(ID)) ?? [], []);
}

async function halfMade({ driver, under }: Context): Promise<void> {
  const machineId = 'contract-half';
  await mkdir(join(under.machinesDir, machineId), { recursive: true });
  assert.deepEqual(await driver.list(), [machineId]);
  assert.equal((await driver.inspect(machineId)).state, 'exited');
  await driver.create(under.spec(machineId));
  assert.equal((await driver.inspect(machineId)).state, 'created');
  await driver.remove(machineId);
  await mkdir(join(under.machinesDir, machineId), { recursive: true });
  await driver.remove(machineId);
  assert.deepEqual(await driver.list(), []);
}

async function fullDisk({ under }: Context): Promise<void> {
  const full = await under.openOnFullDisk?.();
  if (full === undefined) return;
  try {
    await assert.rejects(full.driver.create(under.spec('full')), hasCode('host_disk_full'));
    assert.deepEqual(await full.driver.list(), []);
    assert.deepEqual(await readdir(full.machinesDir), []);
  } finally {
    await full.driver.close();
  }
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SwarmError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

/** Where the process's cgroups lie in the file system, by hierarchy. */
async function cgroupFolders(pid: number): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  for (const line of text.trim().split('\n')) {
    const [, names = '', ...path] = line.split(':');
    const root = names === '' ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${names}`;
    const folder = join(root, path.join(':'));
    if (existsSync(folder)) folders.set(names, folder);
  }
  return folders;
}

async function cgroupValues(pid: number): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const folder of (await cgroupFolders(pid)).values())
    for (const name of await readdir(folder))
      if (/^(memory\.(max|limit_in_bytes)|cpu\.(max|cfs_\w+_us)|pids\.max)$/.test(name))
        values.set(name, (await readFile(join(folder, name), 'utf8')).trim());
  return values;
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}

/** Command lines of processes that name the machine. */
async function processesNaming(machineId: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(`guest=${machineId}\0`) || line.includes(`--id\0${machineId}\0`))
      found.push(line);
  }
  return found;
}

function accepts(endpoint: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...endpoint, timeout: 1_000 });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
    socket.on('timeout', () => settle(false));
  });
}
