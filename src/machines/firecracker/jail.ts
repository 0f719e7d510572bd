/**
 * A machine's jail: the folder that becomes Firecracker's whole file system. It belongs to the
 * machine's own uid, so nothing in it is trusted once Firecracker has run.
 */
import { chmod, chown, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineFolder } from '../machine-folder.ts';
import { shareFile } from '../share-file.ts';

/** Names inside the jail; the API is told them with a '/' in front. */
export const JAIL_FILES = {
  kernel: 'kernel',
  initramfs: 'initramfs',
  rootfs: 'rootfs.img',
  config: 'config.img',
  disk: 'disk.img',
  console: 'console.fifo',
  log: 'log.fifo',
  metrics: 'metrics.fifo',
  socket: 'api.sock',
} as const;

export interface Jail {
  /** What the jailer is told as --chroot-base-dir. */
  readonly base: string;
  /** What the jailer is told as --id: as the machine's, which may hold '_', with '-' for it. */
  readonly id: string;
  /** Becomes '/'. */
  readonly root: string;
  /** Where the jailer writes Firecracker's process id. */
  readonly pidPath: string;
}

/** `execName` is the file name of the Firecracker program: the jailer builds its path from it. */
export function jailOf(folder: MachineFolder, execName: string): Jail {
  const base = join(folder.path, 'jail');
  const id = folder.machineId.replaceAll('_', '-');
  const root = join(base, execName, id, 'root');
  return { base, id, root, pidPath: join(root, `${execName}.pid`) };
}

export interface JailContent {
  readonly uid: number;
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly rootfsPath: string;
}

/** Makes the jail anew: the jailer refuses to make a device or a pid file that is there already. */
export async function buildJail(
  folder: MachineFolder,
  jail: Jail,
  content: JailContent,
): Promise<void> {
  await removeJail(jail);
  await mkdir(jail.root, { recursive: true, mode: 0o700 });
  const place = (name: keyof typeof JAIL_FILES) => join(jail.root, JAIL_FILES[name]);
  await shareFile(content.kernelPath, place('kernel'), content);
  await shareFile(content.initramfsPath, place('initramfs'), content);
  await shareFile(content.rootfsPath, place('rootfs'), content);
  // Read by its group only, so that the VMM cannot change what swarmd reads the token from.
  await chown(folder.configDrivePath, 0, content.uid);
  await chmod(folder.configDrivePath, 0o440);
  await link(folder.configDrivePath, place('config'));
  await chown(folder.diskPath, content.uid, content.uid);
  await link(folder.diskPath, place('disk'));
  for (const name of ['console', 'log', 'metrics'] as const)
    await link(join(folder.path, JAIL_FILES[name]), place(name));
}

export async function removeJail(jail: Jail): Promise<void> {
  await rm(jail.base, { recursive: true, force: true });
}
