import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../src/base/command.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { kernelCommandLine } from '../../src/machines/boot/boot.ts';
import { openCgroups } from '../../src/machines/cgroup.ts';
import { type DriverUnderTest, driverContract } from '../../src/machines/driver-contract.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import { probeAssets, probeSpec } from './fixtures/probe-machine.ts';

const isRoot = process.getuid?.() === 0;
const cgroups = await openCgroups({ machinesDir: '/nonexistent/probe' });
await cgroups.close();
const { missing } = cgroups;

async function make(): Promise<DriverUnderTest> {
  const assets = await probeAssets();
  // Longer than a socket's address may be: whoever has a deep home folder must not notice.
  const root = await mkdtemp(join(tmpdir(), 'swarm-qemu-'));
  const machinesDir = join(root, 'x'.repeat(120), 'machines');
  const open = (folder: string) =>
    createQemuDriver({
      machinesDir: folder,
      acceleration: 'tcg',
      log: silentLogger,
      kernelCommandLine: ({ acceleration }) => kernelCommandLine({ driver: 'qemu', acceleration }),
    });
  const full = join(root, 'full');
  let mounted = false;
  return {
    machinesDir,
    open: () => open(machinesDir),
    spec: (machineId) => probeSpec(assets, { machineId, network: 'user' }),
    floodingSpec: (machineId) => ({
      ...probeSpec(assets, { machineId, network: 'user' }),
      initramfsPath: assets.floodInitramfsPath,
    }),
    async openOnFullDisk() {
      await mkdir(full);
      await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', full], {
        timeoutMs: 5_000,
      });
      mounted = true;
      return { driver: await open(join(full, 'machines')), machinesDir: join(full, 'machines') };
    },
    async close() {
      if (mounted) await mustRun('umount', [full], { timeoutMs: 5_000 });
      await rm(root, { recursive: true });
    },
  };
}

driverContract({
  name: 'qemu/user',
  make,
  skip: {
    ...(missing === undefined ? {} : { limits: missing }),
    ...(isRoot ? {} : { 'full-disk': 'only root can mount a file system that is full' }),
  },
});
