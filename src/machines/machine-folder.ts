/**
 * Where everything of one machine lies. Both drivers use this layout, so that machines are found
 * again after a crash by looking at folders alone.
 *
 *   MACHINES/ID/spec.json     what it was made from, without the token; written last
 *               config.img    configuration drive with the token, mode 0600
 *               disk.img      its writable disk, sparse
 *               vmm.pid       identity of the VMM process of the last start
 *               vmm.log       what the VMM itself said in that start, bounded
 *               console.log   what kernel and guestd said in that start, bounded; console.log.1
 *               sockets/      of the VMM, by names relative to the folder
 */
import { closeSync, constants, openSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';
import type { MachineSpec } from './driver.ts';
import { machineErrors } from './errors.ts';

export interface MachineFolder {
  readonly machineId: string;
  readonly path: string;
  readonly specPath: string;
  readonly configDrivePath: string;
  readonly diskPath: string;
  readonly pidPath: string;
  readonly vmmLogPath: string;
  readonly consolePath: string;
  /** The console before the last rotation. */
  readonly olderConsolePath: string;
}

/** Everything of a MachineSpec but guestConfig, whose token lies on the configuration drive only. */
export type StoredSpec = Omit<MachineSpec, 'guestConfig'> & {
  /** What a driver wants to remember, such as its network's or cgroup's name. JSON values. */
  readonly driverState?: Readonly<Record<string, unknown>>;
};

const MACHINE_ID = /^[A-Za-z0-9_-]{1,40}$/;

/** @throws machine_spec_invalid when the id is no machine id (it becomes a file name) */
export function machineFolder(machinesDir: string, machineId: string): MachineFolder {
  if (!MACHINE_ID.test(machineId))
    throw machineErrors.machine_spec_invalid(
      `"${machineId.slice(0, 60)}" is no machine id: 1 to 40 letters, digits, "_" or "-".`,
    );
  const path = join(machinesDir, machineId);
  return {
    machineId,
    path,
    specPath: join(path, 'spec.json'),
    configDrivePath: join(path, 'config.img'),
    diskPath: join(path, 'disk.img'),
    pidPath: join(path, 'vmm.pid'),
    vmmLogPath: join(path, 'vmm.log'),
    consolePath: join(path, 'console.log'),
    olderConsolePath: join(path, 'console.log.1'),
  };
}

/** Ids of all folders, half-made ones too. */
export async function listMachineFolders(machinesDir: string): Promise<string[]> {
  const entries = await readdir(machinesDir, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries.filter((e) => e.isDirectory() && MACHINE_ID.test(e.name)).map((e) => e.name);
}

export async function writeSpec(
  folder: MachineFolder,
  spec: MachineSpec,
  driverState: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { guestConfig: _token, ...rest } = spec;
  const stored: StoredSpec = { ...rest, driverState };
  await writeFileAtomic(folder.specPath, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
}

/** Undefined when the machine is not there, was only half made, or the file was damaged. */
export async function readSpec(folder: MachineFolder): Promise<StoredSpec | undefined> {
  const text = await readTextIfThere(folder.specPath);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as StoredSpec;
  } catch {
    return undefined;
  }
}

/**
 * Connects to a Unix socket in a folder whose path may be longer than the 108 bytes that a socket
 * address holds: the kernel resolves it through a descriptor of the folder.
 */
export function connectInFolder(folderPath: string, socketName: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fd = openSync(folderPath, constants.O_RDONLY | constants.O_DIRECTORY);
    const socket = connect({ path: `/proc/self/fd/${fd}/${socketName}` });
    const settle = (act: () => void) => {
      closeSync(fd);
      act();
    };
    const onError = (error: Error) => settle(() => reject(error));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.removeListener('error', onError);
      settle(() => resolve(socket));
    });
  });
}
