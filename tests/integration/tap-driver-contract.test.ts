/** The qemu driver with the network `tap`: the contract that every driver keeps. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { kernelCommandLine } from '../../src/machines/boot/boot.ts';
import { openCgroups } from '../../src/machines/cgroup.ts';
import { type DriverUnderTest, driverContract } from '../../src/machines/driver-contract.ts';
import { createTapNetworks } from '../../src/machines/network/tap.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import { inNetworkNamespace } from './fixtures/network-namespace.ts';
import { probeAssets, probeSpec } from './fixtures/probe-machine.ts';

inNetworkNamespace(
  {
    url: import.meta.url,
    name: 'driver contract: qemu/tap',
    timeoutMs: 600_000,
    prepare: probeAssets,
  },
  async () => {
    const cgroups = await openCgroups({ machinesDir: '/nonexistent/probe' });
    await cgroups.close();
    const { missing } = cgroups;
    driverContract({
      name: 'qemu/tap',
      make,
      skip: {
        'full-disk': 'does not depend on the network; see driver-contract-qemu.test.ts',
        ...(missing === undefined ? {} : { limits: missing }),
      },
    });
  },
);

async function make(): Promise<DriverUnderTest> {
  const assets = await probeAssets();
  const machinesDir = await mkdtemp(join(tmpdir(), 'swarm-qemu-tap-'));
  return {
    machinesDir,
    open: () =>
      createQemuDriver({
        machinesDir,
        acceleration: 'tcg',
        log: silentLogger,
        kernelCommandLine: ({ acceleration }) =>
          kernelCommandLine({ driver: 'qemu', acceleration }),
        tapNetworks: createTapNetworks({ machinesFolder: machinesDir }),
      }),
    spec: (machineId) => probeSpec(assets, { machineId, network: 'tap' }),
    floodingSpec: (machineId) => ({
      ...probeSpec(assets, { machineId, network: 'tap' }),
      initramfsPath: assets.floodInitramfsPath,
    }),
    async leftovers() {
      const interfaces = await readFile('/proc/self/net/dev', 'utf8');
      const links = interfaces.match(/swt-\w+/g) ?? [];
      return [...links, ...(await readdir('/run/netns'))];
    },
    close: () => rm(machinesDir, { recursive: true, force: true }),
  };
}
