/**
 * The whole driver contract on real Firecracker: `npm run test:kvm`. Skipped, saying why, where
 * KVM does not run our guests or the pinned release is not there.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { kernelCommandLine } from '../../src/machines/boot/boot.ts';
import { openCgroups } from '../../src/machines/cgroup.ts';
import { type DriverUnderTest, driverContract } from '../../src/machines/driver-contract.ts';
import { createFirecrackerDriver } from '../../src/machines/firecracker/firecracker-driver.ts';
import {
  ensureFirecracker,
  type FirecrackerPrograms,
} from '../../src/machines/firecracker/release.ts';
import { probeKvm } from '../../src/machines/kvm-probe.ts';
import { createTapNetworks } from '../../src/machines/network/tap.ts';
import { inNetworkNamespace } from '../integration/fixtures/network-namespace.ts';
import { probeAssets, probeSpec } from '../integration/fixtures/probe-machine.ts';

const NAME = 'driver contract: firecracker';
/** Where the programs are looked for, and put. */
const cacheDir = process.env.SWARM_TEST_CACHE ?? join(tmpdir(), 'swarm-test-firecracker');

async function whyNot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root, for the jailer and network namespaces';
  const assets = await probeAssets();
  const rememberPath = join(cacheDir, 'kvm-probe.json');
  const kvm = await probeKvm({ ...assets, assetsDigest: assets.digest, rememberPath });
  if (!kvm.works) return kvm.reason;
  try {
    await ensureFirecracker({ cacheDir });
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

const reason = await whyNot();
if (reason !== undefined) test(NAME, { skip: reason });
else
  inNetworkNamespace({ url: import.meta.url, name: NAME, timeoutMs: 600_000 }, async () => {
    const cgroups = await openCgroups({ machinesDir: '/nonexistent/probe' });
    await cgroups.close();
    const { missing } = cgroups;
    const programs = await ensureFirecracker({ cacheDir });
    driverContract({
      name: 'firecracker',
      make: () => make(programs),
      skip: {
        'full-disk': 'does not depend on the driver; see driver-contract-qemu.test.ts',
        ...(missing === undefined ? {} : { limits: missing }),
      },
    });
  });

async function make(programs: FirecrackerPrograms): Promise<DriverUnderTest> {
  const assets = await probeAssets();
  const machinesDir = await mkdtemp(join(tmpdir(), 'swarm-firecracker-'));
  return {
    machinesDir,
    open: () =>
      createFirecrackerDriver({
        machinesDir,
        ...programs,
        log: silentLogger,
        kernelCommandLine: () => kernelCommandLine({ driver: 'firecracker', acceleration: 'kvm' }),
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
