/** What a machine that Swarm started was started with, read from its process. */
import { readFile, readlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { mustRun } from '../../src/base/command.ts';
import { processesOf } from '../../tests/e2e/swarm-cli.ts';

export interface RunningMachine {
  readonly pid: number;
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly kernelCommandLine: string;
  readonly rootfsPath: string;
  readonly acceleration: string;
  readonly cpu: string;
}

/** @throws Error when the machine has no process on this host, or not QEMU's */
export async function readRunningMachine(machineId: string): Promise<RunningMachine> {
  const pid = machinePid(machineId);
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  const folder = await readlink(`/proc/${pid}/cwd`);
  const after = (flag: string) => {
    const value = args[args.indexOf(flag) + 1];
    if (!args.includes(flag) || value === undefined) throw new Error(`QEMU has no ${flag}`);
    return value;
  };
  const drives = args
    .filter((_, i) => args[i - 1] === '-blockdev')
    .map((json) => JSON.parse(json) as { 'node-name': string; file: { filename: string } });
  const rootfs = drives.find((drive) => drive['node-name'] === 'rootfs');
  if (rootfs === undefined) throw new Error('QEMU has no rootfs drive');
  return {
    pid,
    kernelPath: resolve(folder, after('-kernel')),
    initramfsPath: resolve(folder, after('-initrd')),
    kernelCommandLine: after('-append'),
    rootfsPath: resolve(folder, rootfs.file.filename),
    acceleration: after('-accel'),
    cpu: after('-cpu'),
  };
}

/** @throws Error when the machine has no process on this host */
export function machinePid(machineId: string): number {
  const [found] = processesOf(`guest=${machineId}`);
  if (found === undefined) throw new Error(`machine ${machineId} has no process`);
  return found.pid;
}

/** The loopback ports that the process listens on. */
export async function listeningPorts(pid: number): Promise<number[]> {
  const { stdout } = await mustRun('ss', ['-H', '-l', '-t', '-n', '-p'], { timeoutMs: 10_000 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(`pid=${pid},`))
    .map((line) => Number(/127\.0\.0\.1:(\d+)\s/.exec(line)?.[1]))
    .filter((port) => Number.isInteger(port));
}

/** Resident memory of a process, in megabytes (10^6 bytes). */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no resident memory`);
  return (Number(kib) * 1024) / 1e6;
}
