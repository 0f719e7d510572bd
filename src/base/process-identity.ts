/**
 * Which process is meant: a pid alone may have been given to another process since. Pid, start
 * time (in clock ticks since boot) and the boot's id together name one process for ever.
 */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
}

/** As Linux has it on every architecture that Swarm runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

interface ProcessStat {
  readonly state: string;
  readonly cpuTicks: number;
  readonly startTicks: number;
  readonly residentPages: number;
}

/** Parses a line of /proc/PID/stat; its second field may itself hold spaces and brackets. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const number = (index: number) => Number(fields[index] ?? Number.NaN);
  // proc(5): state is field 3; utime 14, stime 15, starttime 22, rss 24.
  const stat = {
    state: fields[0] ?? '',
    cpuTicks: number(11) + number(12),
    startTicks: number(19),
    residentPages: number(21),
  };
  return Number.isFinite(stat.startTicks) && Number.isFinite(stat.cpuTicks) ? stat : undefined;
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined; // ENOENT or ESRCH: it is gone.
  }
}

let bootIdRead: string | undefined;
function bootId(): string {
  bootIdRead ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return bootIdRead;
}

/** Undefined when no such process is there. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid, startTicks: stat.startTicks, bootId: bootId() };
}

/** What the launcher wrote: line 1 is /proc/PID/stat as it was, line 2 the boot's id. */
export function parsePidFile(text: string): ProcessIdentity | undefined {
  const [line = '', boot = ''] = text.split('\n');
  const stat = parseProcessStat(line);
  const pid = Number.parseInt(line, 10);
  if (stat === undefined || !(pid > 1) || boot === '') return undefined;
  return { pid, startTicks: stat.startTicks, bootId: boot };
}

/** Whether exactly this process still runs; one that ended but was not waited for does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const stat = readStat(identity.pid);
  if (stat === undefined || stat.startTicks !== identity.startTicks) return false;
  return stat.state !== 'Z' && stat.state !== 'X';
}

/**
 * Sends a signal to the process, and to its process group when it leads one. Does nothing when the
 * pid now belongs to another process.
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  for (const pid of [-identity.pid, identity.pid]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It leads no group, or ended just now.
    }
  }
}

/** Resident memory and CPU time of the process, or undefined when it is gone. */
export function processUsage(
  identity: ProcessIdentity,
): { memoryBytes: number; cpuMs: number } | undefined {
  const stat = isAlive(identity) ? readStat(identity.pid) : undefined;
  return (
    stat && {
      memoryBytes: stat.residentPages * PAGE_BYTES,
      cpuMs: (stat.cpuTicks * 1000) / TICKS_PER_SECOND,
    }
  );
}

/** When the process started, by the host's clock. */
export function processStartedAtMs(identity: ProcessIdentity): number {
  const uptimeSeconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
  const ageSeconds = uptimeSeconds - identity.startTicks / TICKS_PER_SECOND;
  return Math.round(Date.now() - ageSeconds * 1000);
}
