/** What goes wrong before a guest runs, and what is left then: nothing. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SwarmError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { type Cgroups, openCgroups } from '../cgroup.ts';
import type { MachineSpec } from '../driver.ts';
import type { TapNetworks } from '../network/network.ts';
import { createQemuDriver, type QemuDriverOptions } from './qemu-driver.ts';

let root: string;
let machinesDir: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarm-qemu-unit-'));
  machinesDir = join(root, 'machines');
});
afterEach(() => rm(root, { recursive: true }));

const open = (options: Partial<QemuDriverOptions> = {}) =>
  createQemuDriver({
    machinesDir,
    acceleration: 'tcg',
    log: silentLogger,
    kernelCommandLine: () => 'console=ttyS0',
    ...options,
  });

const spec = (changes: Partial<MachineSpec> = {}): MachineSpec => ({
  machineId: 'm1',
  cpus: 1,
  memoryMib: 128,
  diskMib: 64,
  kernelPath: '/nonexistent/vmlinux',
  initramfsPath: '/nonexistent/initramfs',
  rootfsPath: '/nonexistent/rootfs',
  network: 'user',
  ports: [8000],
  guestConfig: {
    version: 1,
    machineId: 'm1',
    token: 'f'.repeat(64),
    hostname: 'm1',
    guestdPort: 61_707,
    network: { address: 'a', prefixLength: 24, gateway: 'b', dns: 'c', mtu: 1500 },
  },
  ...changes,
});

const codeIs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof SwarmError, String(error));
  assert.equal(error.code, code);
  assert.ok(!error.message.includes('f'.repeat(64)), 'the token is not told');
  return true;
};

/** A tap network that records what it was told. */
function fakeTaps(fail: boolean) {
  const made = new Set<string>();
  const taps: TapNetworks = {
    async ensure({ machineId }) {
      made.add(machineId);
      if (fail) throw new Error('no network today');
      return {
        commandPrefix: [],
        namespacePath: '/nonexistent',
        tapName: 'tap0',
        guestMac: '06:00:00:00:00:01',
        mtu: 1500,
        uid: 100_000,
        endpoints: new Map(),
      };
    },
    find: async () => undefined,
    remove: async (machineId) => void made.delete(machineId),
    list: async () => [...made],
    counters: async () => undefined,
  };
  return { taps, made };
}

const cyclic: Record<string, unknown> = {};
cyclic.cyclic = cyclic;

const noCgroups: Cgroups = {
  folders: () => [],
  ensure: async () => [],
  remove: async () => undefined,
  list: async () => [],
  close: async () => undefined,
};

const FAILING_STEPS: Record<string, { spec?: Partial<MachineSpec>; cgroups?: () => Cgroups }> = {
  'configuration drive': { spec: { guestConfig: cyclic as never } },
  disk: { spec: { diskMib: 2 ** 44 } },
  cgroup: {
    cgroups: () => ({
      ...noCgroups,
      ensure: async () => {
        throw new Error('no cgroup today');
      },
    }),
  },
  'stored spec': {
    cgroups: () => ({
      ...noCgroups,
      async ensure(machineId) {
        await mkdir(join(machinesDir, machineId, 'spec.json'));
        return [];
      },
    }),
  },
};

for (const [step, fault] of Object.entries(FAILING_STEPS))
  test(`nothing is left when making the ${step} fails`, async () => {
    const { taps, made } = fakeTaps(false);
    const cgroups = fault.cgroups?.() ?? (await openCgroups({ machinesDir }));
    const driver = await open({ tapNetworks: taps, cgroups });
    try {
      await assert.rejects(
        driver.create(spec({ network: 'tap', ...fault.spec })),
        codeIs('machine_create_failed'),
      );
      assert.deepEqual(await driver.list(), []);
      assert.deepEqual(await readdir(machinesDir), []);
      assert.deepEqual([...made], []);
      assert.deepEqual(await cgroups.list(), []);
      assert.equal((await driver.inspect('m1')).state, 'absent');
    } finally {
      await driver.close();
    }
  });

test('nothing is left when making the network fails', async () => {
  const { taps, made } = fakeTaps(true);
  const driver = await open({ tapNetworks: taps });
  await assert.rejects(driver.create(spec({ network: 'tap' })), codeIs('machine_create_failed'));
  assert.deepEqual([...made, ...(await driver.list()), ...(await readdir(machinesDir))], []);
  await driver.close();
});

test('a QEMU that does not start says why, and can be started again or removed', async () => {
  const driver = await open();
  await driver.create(spec());
  try {
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(driver.start('m1'), (error) => {
        assert.ok(codeIs('vmm_start_failed')(error));
        assert.match(String(error), /nonexistent/);
        return true;
      });
      assert.equal((await driver.inspect('m1')).state, 'exited');
    }
  } finally {
    await driver.remove('m1');
    assert.deepEqual(await driver.list(), []);
    await driver.close();
  }
});

test('the token is in the configuration drive and nowhere else', async () => {
  const driver = await open();
  await driver.create(spec());
  const holders: string[] = [];
  for (const name of await readdir(join(machinesDir, 'm1')))
    if ((await readFile(join(machinesDir, 'm1', name))).includes('f'.repeat(64)))
      holders.push(name);
  assert.deepEqual(holders, ['config.img']);
  await driver.remove('m1');
  await driver.close();
});

test('a VMM that hangs is killed when it is removed, and does not hold up others', async () => {
  const qemuPath = join(root, 'hanging-qemu');
  await writeFile(qemuPath, '#!/bin/sh\nexec sleep 600\n');
  await chmod(qemuPath, 0o755);
  const driver = await open({ qemuPath });
  await driver.create(spec());
  const starting = assert.rejects(driver.start('m1'), codeIs('vmm_start_failed'));
  await driver.create(spec({ machineId: 'm2' }));
  assert.equal((await driver.inspect('m2')).state, 'created');
  while (await driver.wait('m1', { timeoutMs: 0 })) await new Promise(setImmediate);
  await driver.kill('m1');
  await starting;
  for (const machineId of await driver.list()) await driver.remove(machineId);
  await driver.close();
});

test('a spec that no machine can have is refused before anything is made', async () => {
  const driver = await open();
  for (const wrong of [{ cpus: 0 }, { memoryMib: 1.5 }, { diskMib: -1 }, { ports: [0] }])
    await assert.rejects(async () => driver.create(spec(wrong)), codeIs('machine_spec_invalid'));
  await assert.rejects(
    async () => driver.create(spec({ network: 'tap' })),
    codeIs('machine_operation_unsupported'),
  );
  assert.deepEqual(await readdir(machinesDir), []);
  await driver.close();
});
