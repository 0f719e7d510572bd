import { accessSync, constants, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { run } from '../src/base/command.ts';

/** What the figures were taken on. Nothing that names the machine. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly qemu: string;
  /** Whether /dev/kvm can be opened; whether guests run on it is what `swarm doctor` tells. */
  readonly kvmDevice: boolean;
  /** Of the last minute, before the benchmark began: above 0.5 a core, figures are disturbed. */
  readonly loadAverage: number;
}

export async function machineFacts(): Promise<MachineFacts> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    qemu: await qemuVersion(),
    kvmDevice: kvmDevice(),
    loadAverage: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
  };
}

async function qemuVersion(): Promise<string> {
  try {
    const { stdout } = await run('qemu-system-x86_64', ['--version'], { timeoutMs: 10_000 });
    return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  } catch {
    return 'not installed';
  }
}

function kvmDevice(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
