/** swarmd was killed after it launched QEMU and before it let the guest run. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { kernelCommandLine, readHostTscKhz } from '../../src/machines/boot/boot.ts';
import { createMachines } from '../../src/machines/create-machines.ts';
import { machineFolder, readSpec } from '../../src/machines/machine-folder.ts';
import { prepareFiles } from '../../src/machines/qemu/prepare-files.ts';
import { qemuArguments } from '../../src/machines/qemu/qemu-arguments.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import { createVmmProcesses } from '../../src/machines/vmm-process.ts';
import { probeAssets, probeSpec } from './fixtures/probe-machine.ts';

test('an interrupted start is finished by the next swarmd', { timeout: 120_000 }, async () => {
  const homeDir = await mkdtemp(join(tmpdir(), 'swarm-interrupted-'));
  const machinesDir = join(homeDir, 'machines');
  const assets = await probeAssets();
  const acceleration = 'tcg';
  const commandLine = kernelCommandLine({
    driver: 'qemu',
    acceleration,
    hostTscKhz: await readHostTscKhz(),
  });
  const driver = await createQemuDriver({
    machinesDir,
    acceleration,
    log: silentLogger,
    kernelCommandLine: () => commandLine,
  });
  const machines = createMachines({
    driver,
    homeDir,
    bootAssets: assets,
    network: 'user',
    log: silentLogger,
  });
  const machineId = 'interrupted';
  const earlier = createVmmProcesses();
  try {
    const asked = probeSpec(assets, { machineId, network: 'user' });
    await driver.create(asked);
    const folder = machineFolder(machinesDir, machineId);
    const spec = await readSpec(folder);
    assert.ok(spec);
    const argv = qemuArguments({
      ...spec,
      ...(await prepareFiles(folder, spec, undefined)),
      acceleration,
      qemuPath: 'qemu-system-x86_64',
      kernelCommandLine: commandLine,
      network: { kind: 'user', ports: [...asked.ports, asked.guestConfig.guestdPort] },
    });
    await earlier.launch({ folder, argv });
    // Its launcher may not have written yet which process it is.
    const inspect = async () => {
      const seen = await driver.inspect(machineId).catch(() => undefined);
      return seen?.state === 'paused' ? seen : undefined;
    };
    const found = await waitUntil(inspect, { timeoutMs: 20_000 });
    assert.equal(found?.state, 'paused');

    assert.equal(await machines.adopt(machineId), true);
    const status = await waitUntil(() => machines.status(machineId, { timeoutMs: 30_000 }), {
      timeoutMs: 60_000,
    });
    assert.equal(status?.process.state, 'none');
    assert.equal((await driver.inspect(machineId)).pid, found?.pid);
  } finally {
    earlier.close();
    await machines.remove(machineId, { logs: true });
    await machines.close();
    await rm(homeDir, { recursive: true });
  }
});
