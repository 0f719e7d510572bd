/**
 * The files that QEMU opens, by names relative to the machine's folder where it runs.
 *
 * Run as a user of its own, QEMU may write only its disk and the folder of its sockets: it must not
 * be able to put another file where swarmd, as root, reads or writes one.
 */
import { statSync } from 'node:fs';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineFolder, StoredSpec } from '../machine-folder.ts';
import { shareFile } from '../share-file.ts';
import type { RunAs } from '../vmm-process.ts';
import { SOCKET_FOLDER } from './qemu-arguments.ts';

export interface QemuFiles {
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly rootfsPath: string;
  readonly configDrivePath: string;
  readonly diskPath: string;
}

/** Makes the socket folder; with `uid`, lets that user in as far as it must. */
export async function prepareFiles(
  folder: MachineFolder,
  spec: StoredSpec,
  uid: number | undefined,
): Promise<QemuFiles> {
  const sockets = join(folder.path, SOCKET_FOLDER);
  await rm(sockets, { recursive: true, force: true });
  await mkdir(sockets, { mode: 0o700 });
  const own = { configDrivePath: 'config.img', diskPath: 'disk.img' };
  const { kernelPath, initramfsPath, rootfsPath } = spec;
  if (uid === undefined) return { ...own, kernelPath, initramfsPath, rootfsPath };
  await chown(folder.path, 0, uid);
  await chmod(folder.path, 0o710);
  await chown(sockets, uid, uid);
  await chown(folder.diskPath, uid, uid);
  await chown(folder.configDrivePath, 0, uid);
  await chmod(folder.configDrivePath, 0o440);
  const shared = { kernelPath: 'kernel', initramfsPath: 'initramfs', rootfsPath: 'rootfs' };
  for (const name of ['kernelPath', 'initramfsPath', 'rootfsPath'] as const)
    await shareFile(spec[name], join(folder.path, shared[name]), { uid });
  return { ...own, ...shared };
}

/** An empty file that whoever owns the machine's disk may fill: QEMU cannot make one. */
export async function prepareDump(folder: MachineFolder, name: string): Promise<string> {
  const path = join(folder.path, name);
  await rm(path, { force: true });
  await writeFile(path, '', { mode: 0o600, flag: 'wx' });
  const { uid, gid } = statSync(folder.diskPath);
  await chown(path, uid, gid);
  return path;
}

/**
 * The user as which QEMU runs: the machine's own, with the groups that its devices want. Undefined
 * where a device is for root only (udev makes /dev/net/tun for everybody; some hosts have no udev).
 */
export function qemuUser(uid: number, devices: readonly string[]): RunAs | undefined {
  const groups: number[] = [];
  for (const device of devices) {
    const { mode, gid } = statSync(device);
    if ((mode & 0o006) === 0o006) continue;
    if ((mode & 0o060) !== 0o060 || gid === 0) return undefined;
    groups.push(gid);
  }
  return { uid, gid: uid, groups };
}
