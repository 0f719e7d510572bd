/**
 * VMM processes: started so that they outlive swarmd, found again by their pid file, and never
 * taken for another process that got the same pid.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  parsePidFile,
  signalProcess,
} from '../base/process-identity.ts';
import { waitUntil } from '../base/wait.ts';
import { machineErrors } from './errors.ts';
import type { MachineFolder } from './machine-folder.ts';

export interface VmmLaunch {
  readonly folder: MachineFolder;
  /** Program and arguments; it runs in the machine's folder, so names may be relative to it. */
  readonly argv: readonly string[];
  /** Put before everything else, as root: enters a namespace, say, keeping the process id. */
  readonly prefix?: readonly string[];
  /** Files `cgroup.procs` into which it is moved before the program runs. */
  readonly cgroupProcs?: readonly string[];
  /** Runs as this user, without capabilities. Needs root. */
  readonly runAs?: RunAs;
}

export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** Its other groups; none by default. */
  readonly groups?: readonly number[];
}

export interface VmmProcesses {
  /**
   * Starts it, detached, with a pid file, core dumps off, umask 077, output to vmm.log.
   * @throws vmm_start_failed when the launcher cannot be started
   */
  launch(options: VmmLaunch): Promise<ProcessIdentity>;
  /** The process of the last start while it runs, whoever started it. */
  running(folder: MachineFolder): ProcessIdentity | undefined;
  /** Whether it was ever started. */
  wasStarted(folder: MachineFolder): boolean;
  /** True once it is gone (at once when it is not running), false when time ran out. */
  wait(
    folder: MachineFolder,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<boolean>;
  /** SIGKILL to it and its group, until gone. @throws vmm_unresponsive after 10 s */
  kill(folder: MachineFolder): Promise<void>;
  /** Stops watching; kills nothing. */
  close(): void;
}

/** Writes who it is and joins its cgroups before it becomes the VMM: no guest code runs outside. */
const LAUNCHER = `
umask 077
ulimit -c 0
read -r stat < /proc/$$/stat
read -r boot < /proc/sys/kernel/random/boot_id
printf '%s\\n%s\\n' "$stat" "$boot" > vmm.pid || exit 125
while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done
shift
exec "$@"
`;

/** How soon the end of a process that an earlier swarmd started is noticed. */
const ADOPTED_CHECK_MS = 250;
const LOG_CHECK_MS = 5_000;
/** vmm.log is emptied beyond this: a guest can make its VMM complain as often as it likes. */
const VMM_LOG_BYTES = 1024 * 1024;

interface Watched {
  readonly folder: MachineFolder;
  readonly identity: ProcessIdentity;
  readonly ownChild: boolean;
  readonly onGone: Set<() => void>;
}

export function createVmmProcesses(): VmmProcesses {
  const watched = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;
  let sinceLogCheckMs = 0;

  const gone = (entry: Watched) => {
    if (watched.get(entry.folder.path) === entry) watched.delete(entry.folder.path);
    for (const notify of [...entry.onGone]) notify();
    if (watched.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const tick = () => {
    sinceLogCheckMs += ADOPTED_CHECK_MS;
    const checkLogs = sinceLogCheckMs >= LOG_CHECK_MS;
    if (checkLogs) sinceLogCheckMs = 0;
    for (const entry of [...watched.values()]) {
      if (checkLogs) emptyIfLarge(entry.folder.vmmLogPath);
      if (!entry.ownChild && !isAlive(entry.identity)) gone(entry);
    }
  };
  const watch = (folder: MachineFolder, identity: ProcessIdentity, ownChild: boolean) => {
    const entry: Watched = { folder, identity, ownChild, onGone: new Set() };
    watched.set(folder.path, entry);
    timer ??= setInterval(tick, ADOPTED_CHECK_MS).unref();
    return entry;
  };
  const lookUp = (folder: MachineFolder): Watched | undefined => {
    const known = watched.get(folder.path);
    if (known !== undefined) {
      if (isAlive(known.identity)) return known;
      gone(known);
      return undefined;
    }
    const identity = readPidFile(folder);
    return identity !== undefined && isAlive(identity) ? watch(folder, identity, false) : undefined;
  };
  const wait: VmmProcesses['wait'] = (folder, { timeoutMs, signal }) => {
    const entry = lookUp(folder);
    if (entry === undefined) return Promise.resolve(true);
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (isGone: boolean) => {
        clearTimeout(timeout);
        entry.onGone.delete(onGone);
        signal?.removeEventListener('abort', onAbort);
        resolve(isGone);
      };
      const onGone = () => settle(true);
      const onAbort = () => settle(false);
      // setTimeout fires at once beyond 2^31 ms.
      const timeout = setTimeout(() => settle(false), Math.min(timeoutMs, 0x7fff_ffff));
      entry.onGone.add(onGone);
      signal?.addEventListener('abort', onAbort);
    });
  };

  return {
    async launch(options) {
      const identity = await spawnDetached(options, () => {
        const entry = watched.get(options.folder.path);
        if (entry?.identity.pid === identity.pid) gone(entry);
      });
      watch(options.folder, identity, true);
      return identity;
    },
    running: (folder) => lookUp(folder)?.identity,
    wasStarted: (folder) => readPidFile(folder) !== undefined,
    wait,
    async kill(folder) {
      const identity = lookUp(folder)?.identity;
      if (identity === undefined) return;
      signalProcess(identity, 'SIGKILL');
      // Not by `wait`: an adopted process's end would be noticed late.
      const ended = await waitUntil(() => !isAlive(identity), { timeoutMs: 10_000, intervalMs: 5 });
      if (ended === undefined)
        throw machineErrors.vmm_unresponsive(
          `The VMM of machine ${folder.machineId} (pid ${identity.pid}) is not gone 10 s after SIGKILL.`,
        );
      lookUp(folder);
    },
    close() {
      clearInterval(timer);
      timer = undefined;
      watched.clear();
    },
  };
}

function readPidFile(folder: MachineFolder): ProcessIdentity | undefined {
  try {
    return parsePidFile(readFileSync(folder.pidPath, 'utf8'));
  } catch {
    return undefined;
  }
}

function emptyIfLarge(path: string): void {
  try {
    // The VMM has it open for appending: it goes on at the new end, leaving no hole.
    if (statSync(path).size > VMM_LOG_BYTES) truncateSync(path);
  } catch {
    // Removed meanwhile.
  }
}

/** setpriv(1) drops everything for good and then becomes the program. */
function dropPrivileges(runAs: RunAs): string[] {
  const others = runAs.groups ?? [];
  const groups = others.length === 0 ? '--clear-groups' : `--groups=${others.join(',')}`;
  const ids = [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, groups];
  return ['setpriv', ...ids, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
}

async function spawnDetached(options: VmmLaunch, onExit: () => void): Promise<ProcessIdentity> {
  const { folder } = options;
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
  const log = openSync(folder.vmmLogPath, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0o600);
  const drop = options.runAs === undefined ? [] : dropPrivileges(options.runAs);
  const command = [...(options.prefix ?? []), ...drop, ...options.argv];
  const args = [...(options.cgroupProcs ?? []), '--', ...command];
  try {
    const child = spawn('/bin/sh', ['-c', LAUNCHER, 'swarm-launch', ...args], {
      cwd: folder.path,
      // Nothing of swarmd's own environment reaches a VMM: it may hold secrets.
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      stdio: ['ignore', log, log],
      detached: true,
    });
    // Read before control goes back to the event loop: it cannot have been reaped yet.
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    child.once('exit', onExit);
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) =>
        reject(
          machineErrors.vmm_start_failed(`The VMM of ${folder.machineId} did not start.`, {
            cause,
          }),
        ),
      );
    });
    if (identity === undefined)
      throw machineErrors.vmm_start_failed(`The VMM of ${folder.machineId} ended at once.`);
    return identity;
  } finally {
    closeSync(log);
  }
}
