/** Opens the machines on the driver and the network that were chosen for this host. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';
import type { Logger } from '../base/logger.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import {
  createFirecrackerDriver,
  createMachines,
  createQemuDriver,
  createTapNetworks,
  ensureBootAssets,
  findFirecracker,
  kernelCommandLine,
  type MachineDriver,
  readHostTscKhz,
} from '../machines/machines.ts';
import { askKvm } from './ask-kvm.ts';
import { chooseDriver, type DriverChoice } from './choose-driver.ts';
import type { Configuration } from './configuration.ts';
import { mainErrors } from './errors.ts';
import type { OpenedMachines } from './workload.ts';

interface OpenOptions {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** Told what takes time, in plain words. */
  readonly onProgress: (step: string) => void;
  readonly signal: AbortSignal;
  readonly onEgress: (connection: EgressConnection) => void;
}

/**
 * Makes kernel and initramfs when they are missing, which needs the package mirror once, and tries
 * KVM, once for each host.
 * @throws driver_unavailable, driver_changed, and what making the boot assets may throw
 */
export async function openMachines(options: OpenOptions): Promise<OpenedMachines> {
  const { configuration, log, onProgress, signal } = options;
  onProgress('looking for kernel and initramfs');
  const bootAssets = await ensureBootAssets({
    cacheDir: join(configuration.cacheDir, 'boot'),
    ...{ log, onProgress, signal },
  });
  onProgress('looking for KVM');
  const kvm = await askKvm({ configuration, assets: bootAssets, signal });
  const firecracker = await findFirecracker({ cacheDir: configuration.cacheDir });
  const choice = chooseDriver(configuration, {
    kvm,
    firecracker: firecracker !== undefined,
    root: process.getuid?.() === 0,
  });
  await checkUnchanged(configuration.home, choice);
  log.info({ ...choice, kvm: kvm.reason }, 'driver chosen');
  const machinesDir = join(configuration.home, 'machines');
  const driver = await openDriver({ choice, machinesDir, log, firecracker });
  const { limitsMissing } = driver.capabilities;
  if (limitsMissing !== undefined)
    log.warn({ reason: limitsMissing }, 'machines run without limits on CPU, memory and tasks');
  const machines = createMachines({
    driver,
    homeDir: configuration.home,
    bootAssets,
    network: choice.network,
    ...{ log, onEgress: options.onEgress },
  });
  return { machines, acceleration: choice.acceleration };
}

async function openDriver(options: {
  choice: DriverChoice;
  machinesDir: string;
  log: Logger;
  firecracker: { readonly firecrackerPath: string; readonly jailerPath: string } | undefined;
}): Promise<MachineDriver> {
  const { choice, machinesDir, log, firecracker } = options;
  const tapNetworks = createTapNetworks({ machinesFolder: machinesDir });
  if (choice.driver === 'firecracker' && firecracker !== undefined)
    return await createFirecrackerDriver({
      ...{ machinesDir, log, tapNetworks },
      firecrackerPath: firecracker.firecrackerPath,
      jailerPath: firecracker.jailerPath,
      kernelCommandLine: () => kernelCommandLine({ driver: 'firecracker', acceleration: 'kvm' }),
    });
  const hostTscKhz = await readHostTscKhz();
  return await createQemuDriver({
    ...{ machinesDir, log },
    acceleration: choice.acceleration,
    ...(choice.network === 'tap' && { tapNetworks }),
    kernelCommandLine: ({ acceleration }) =>
      kernelCommandLine({ driver: 'qemu', acceleration, hostTscKhz }),
  });
}

const keptChoice = z.object({ driver: z.string(), network: z.string() });

/**
 * Machines that are on this host can only be adopted by the driver that made them.
 * @throws driver_changed
 */
async function checkUnchanged(home: string, { driver, network }: DriverChoice): Promise<void> {
  const path = join(home, 'driver.json');
  const text = await readTextIfThere(path);
  const before = text === undefined ? undefined : keptChoice.parse(JSON.parse(text));
  if (before?.driver === driver && before.network === network) return;
  const there = await readdir(join(home, 'machines')).catch(() => []);
  if (before !== undefined && there.length > 0)
    throw mainErrors.driver_changed(
      `The machines of ${home} were made with ${before.driver} and the network ${before.network}; now it would be ${driver} and ${network}.`,
    );
  await writeFileAtomic(path, `${JSON.stringify({ driver, network })}\n`);
}
