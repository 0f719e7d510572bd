/** Chooses the driver and the network of this host, and opens the machines on them. */
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import {
  createMachines,
  createQemuDriver,
  ensureBootAssets,
  kernelCommandLine,
} from '../machines/machines.ts';
import type { Configuration } from './configuration.ts';
import type { OpenedMachines } from './workload.ts';

/**
 * Makes kernel and initramfs when they are missing, which needs the package mirror once.
 * @param options.onProgress told what takes time, in plain words
 */
export async function openMachines(options: {
  configuration: Configuration;
  log: Logger;
  onProgress: (step: string) => void;
  signal: AbortSignal;
}): Promise<OpenedMachines> {
  const { configuration, log, onProgress, signal } = options;
  onProgress('looking for kernel and initramfs');
  const bootAssets = await ensureBootAssets({
    cacheDir: join(configuration.cacheDir, 'boot'),
    log,
    onProgress,
    signal,
  });
  const acceleration = 'tcg';
  const network = 'user';
  const driver = await createQemuDriver({
    machinesDir: join(configuration.home, 'machines'),
    acceleration,
    log,
    kernelCommandLine: ({ acceleration }) => kernelCommandLine({ driver: 'qemu', acceleration }),
  });
  const machines = createMachines({
    driver,
    homeDir: configuration.home,
    bootAssets,
    network,
    log,
  });
  return { machines, acceleration };
}
