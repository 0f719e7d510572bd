/**
 * Whether KVM runs our guests here. A host may offer /dev/kvm and still fail to run an ordinary
 * kernel (as nested virtualisation does), so it is tried: once, with the kernel, initramfs and
 * machine type that machines use.
 */
import { constants } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { mustRun, run } from '../base/command.ts';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';
import { kernelCommandLine } from './boot/boot.ts';

export interface KvmProbe {
  readonly works: boolean;
  /** In a sentence, for people. */
  readonly reason: string;
}

export interface KvmProbeOptions {
  readonly kernelPath: string;
  readonly initramfsPath: string;
  /** BootAssets.digest: another kernel is another question. */
  readonly assetsDigest: string;
  /** Where the answer is remembered, as JSON. */
  readonly rememberPath: string;
  /** Ask again, whatever is remembered. */
  readonly forget?: boolean;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Default: `qemu-system-x86_64` in PATH. */
  readonly qemuPath?: string;
  /** Default /dev/kvm. */
  readonly devicePath?: string;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 10_000;
const QEMU = 'qemu-system-x86_64';

const remembered = z.object({
  version: z.literal(1),
  key: z.string(),
  works: z.boolean(),
  reason: z.string(),
});

/**
 * Answers at once when the device is not there or the answer is remembered; otherwise boots a
 * guest. The answer is kept for this kernel of the host, CPU, QEMU and guest kernel.
 * @throws command_missing when there is no QEMU, or the signal's reason
 */
export async function probeKvm(options: KvmProbeOptions): Promise<KvmProbe> {
  const devicePath = options.devicePath ?? '/dev/kvm';
  const closed = await whyClosed(devicePath);
  if (closed !== undefined) return { works: false, reason: closed };
  const key = await situation(options);
  if (options.forget === true) await rm(options.rememberPath, { force: true });
  const known = readAnswer(await readTextIfThere(options.rememberPath));
  if (known?.key === key) return { works: known.works, reason: known.reason };
  const probe = await bootOnce(options);
  const answer: z.infer<typeof remembered> = { version: 1, key, ...probe };
  await mkdir(dirname(options.rememberPath), { recursive: true });
  await writeFileAtomic(options.rememberPath, `${JSON.stringify(answer, null, 2)}\n`);
  return probe;
}

async function whyClosed(devicePath: string): Promise<string | undefined> {
  try {
    await access(devicePath, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `${devicePath} is not there: this machine has no hardware virtualisation, or it is off.`
      : `${devicePath} may not be opened by this user.`;
  }
}

/** Everything the answer depends on. */
async function situation(options: KvmProbeOptions): Promise<string> {
  const qemu = await mustRun(options.qemuPath ?? QEMU, ['--version'], { timeoutMs: TIMEOUT_MS });
  return JSON.stringify({
    hostKernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    qemu: qemu.stdout.split('\n')[0] ?? '',
    assets: options.assetsDigest,
  });
}

function readAnswer(text: string | undefined) {
  try {
    return text === undefined ? undefined : remembered.parse(JSON.parse(text));
  } catch {
    return undefined; // Not ours, or of another version: ask again.
  }
}

/** What a kernel says, unless told to be quiet, when all of it is up and a process is to run. */
const SIGN_OF_LIFE = 'Run /init as init process';

async function bootOnce(options: KvmProbeOptions): Promise<KvmProbe> {
  const enough = new AbortController();
  const signal =
    options.signal === undefined ? enough.signal : AbortSignal.any([enough.signal, options.signal]);
  let probe: KvmProbe | undefined;
  const last: string[] = [];
  const onLine = (line: string, stream: 'stdout' | 'stderr') => {
    last.splice(0, last.length - 4, line.slice(0, 300));
    if (stream === 'stdout' && line.includes(SIGN_OF_LIFE))
      probe = { works: true, reason: 'A guest was booted with it.' };
    else if (stream === 'stderr' && /KVM internal error|emulation failure/i.test(line))
      probe = { works: false, reason: `KVM cannot run an ordinary kernel here: ${line.trim()}.` };
    if (probe !== undefined) enough.abort();
  };
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  try {
    await run(options.qemuPath ?? QEMU, qemuArguments(options), { timeoutMs, signal, onLine });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (probe !== undefined) return probe;
    if ((error as { code?: string }).code === 'command_timed_out') {
      const reason = `A guest showed no sign of life within ${timeoutMs} ms.`;
      return { works: false, reason };
    }
    throw error;
  }
  if (probe !== undefined) return probe;
  const said = last.join(' ').trim();
  return { works: false, reason: `QEMU ended before the guest ran: ${said || 'it said nothing'}.` };
}

/** The machine type is the qemu driver's, without drives and network. */
function qemuArguments(options: KvmProbeOptions): string[] {
  const words = kernelCommandLine({ driver: 'qemu', acceleration: 'kvm' }).split(' ');
  const commandLine = words.filter((word) => word !== 'quiet').join(' ');
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-M', 'microvm,pit=off,pic=off,rtc=off,usb=off,graphics=off,acpi=off'],
    ...['-accel', 'kvm', '-cpu', 'host', '-smp', '1', '-m', '256M'],
    ...['-kernel', options.kernelPath, '-initrd', options.initramfsPath],
    ...['-append', commandLine],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
  ];
}
