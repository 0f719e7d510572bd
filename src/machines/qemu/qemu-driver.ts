/** The qemu driver: `-M microvm`, with KVM where it works and software emulation elsewhere. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import type { Logger } from '../../base/logger.ts';
import {
  type ProcessIdentity,
  processStartedAtMs,
  processUsage,
} from '../../base/process-identity.ts';
import { waitUntil } from '../../base/wait.ts';
import { GUESTD_PORT } from '../../contracts/guest.ts';
import { type Cgroups, openCgroups } from '../cgroup.ts';
import {
  type ConsoleLog,
  followConsole,
  readConsole,
  readEndedConsole,
  resetConsole,
  waitForText,
} from '../console-log.ts';
import { cpuLimitOf } from '../cpu-limit.ts';
import { asCreateError } from '../create-error.ts';
import type {
  DriverCapabilities,
  Endpoint,
  MachineDriver,
  MachineInspection,
  MachineSpec,
} from '../driver.ts';
import { makeDisk, writeConfigDrive } from '../drives.ts';
import { machineErrors } from '../errors.ts';
import {
  connectInFolder,
  listMachineFolders,
  type MachineFolder,
  machineFolder,
  readSpec,
  type StoredSpec,
  writeSpec,
} from '../machine-folder.ts';
import { checkSpec } from '../machine-spec.ts';
import type { TapAttachment, TapNetworks } from '../network/network.ts';
import { createTurns, type Turns } from '../turns.ts';
import { createVmmProcesses, type RunAs, type VmmProcesses } from '../vmm-process.ts';
import { parseHostForwards } from './host-forwards.ts';
import { prepareDump, prepareFiles, qemuUser } from './prepare-files.ts';
import {
  type Acceleration,
  CONSOLE_SOCKET,
  QMP_SOCKET,
  qemuArguments,
  TRANSLATION_CACHE_MIB,
} from './qemu-arguments.ts';
import { connectQmp, type QmpClient } from './qmp-client.ts';

export interface QemuDriverOptions {
  /** Folder of machines' folders; made when missing. */
  readonly machinesDir: string;
  readonly acceleration: Acceleration;
  readonly log: Logger;
  /** What the kernel is told, by acceleration and network. */
  readonly kernelCommandLine: (machine: { acceleration: Acceleration }) => string;
  /** Absent: only the network `user`. */
  readonly tapNetworks?: TapNetworks;
  /** Default: `qemu-system-x86_64` in PATH. */
  readonly qemuPath?: string;
  /** Default: those of this host. */
  readonly cgroups?: Cgroups;
}

/** QEMU itself, page tables, buffers; what a limit must leave beside the guest's memory. */
const OVERHEAD_MIB = 128;
const PIDS = 256;
const START_TIMEOUT_MS = 15_000;
/** As much as the guest has memory, written to a disk. */
const DUMP_TIMEOUT_MS = 120_000;
const DUMP_FILE = 'memory.elf';
const MIB = 1024 * 1024;

/** What is known about a running VMM; rebuilt by asking it when an earlier swarmd started it. */
interface Attached {
  readonly identity: ProcessIdentity;
  readonly endpoints: ReadonlyMap<number, Endpoint>;
  readonly console: ConsoleLog;
}

export async function createQemuDriver(options: QemuDriverOptions): Promise<MachineDriver> {
  await mkdir(options.machinesDir, { recursive: true, mode: 0o700 });
  const cgroups = options.cgroups ?? (await openCgroups(options));
  return new QemuDriver(options, cgroups);
}

class QemuDriver implements MachineDriver {
  readonly name = 'qemu';
  readonly capabilities: DriverCapabilities;
  readonly #options: QemuDriverOptions;
  readonly #cgroups: Cgroups;
  readonly #processes: VmmProcesses = createVmmProcesses();
  readonly #attached = new Map<string, Attached>();
  readonly #turns: Turns = createTurns();

  constructor(options: QemuDriverOptions, cgroups: Cgroups) {
    this.#options = options;
    this.#cgroups = cgroups;
    this.capabilities = {
      networks: options.tapNetworks === undefined ? ['user'] : ['user', 'tap'],
      pause: true,
      dumpMemory: true,
      ...(cgroups.missing === undefined ? {} : { limitsMissing: cgroups.missing }),
    };
  }

  create(spec: MachineSpec): Promise<void> {
    checkSpec(spec, this.capabilities);
    const folder = this.#folder(spec.machineId);
    return this.#turns.inTurn(spec.machineId, async () => {
      if ((await readSpec(folder)) !== undefined)
        throw machineErrors.machine_exists(`Machine ${spec.machineId} is on this host already.`);
      // What a crash left half made is made anew.
      await this.#removeAll(folder);
      try {
        await mkdir(folder.path, { recursive: true, mode: 0o700 });
        await writeConfigDrive(folder.configDrivePath, spec.guestConfig);
        await makeDisk(folder.diskPath, spec);
        await this.#ensureTap(spec, folder);
        await this.#cgroups.ensure(spec.machineId, limitsOf(spec, this.#options));
        await writeSpec(folder, spec, { cgroups: this.#cgroups.folders(spec.machineId) });
      } catch (cause) {
        await this.#removeAll(folder);
        throw asCreateError(spec.machineId, cause);
      }
    });
  }

  start(machineId: string): Promise<void> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, async () => {
      const spec = await this.#spec(folder);
      const running = await this.#attach(folder);
      if (running === undefined) {
        const tap = await this.#ensureTap(spec, folder);
        await this.#launch(folder, spec, tap);
      }
      // An earlier swarmd may have ended between launching it and letting it go.
      await this.#qmp(folder, async (qmp) => {
        if ((await queryStatus(qmp)) === 'prelaunch') await qmp.execute('cont');
      });
    });
  }

  inspect(machineId: string): Promise<MachineInspection> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, () => this.#inspect(folder));
  }

  wait(machineId: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<boolean> {
    return this.#processes.wait(this.#folder(machineId), options);
  }

  kill(machineId: string): Promise<void> {
    // Not in turn: it must get through while another operation waits for a hung VMM.
    return this.#processes.kill(this.#folder(machineId));
  }

  pause(machineId: string): Promise<void> {
    return this.#executeWhileRunning(machineId, 'stop');
  }

  resume(machineId: string): Promise<void> {
    return this.#executeWhileRunning(machineId, 'cont');
  }

  dumpMemory(machineId: string): Promise<string> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, async () => {
      this.#mustRun(folder);
      const path = await prepareDump(folder, DUMP_FILE);
      // QEMU runs in the machine's folder.
      const args = { paging: false, protocol: `file:${DUMP_FILE}`, format: 'elf' };
      const options = { timeoutMs: DUMP_TIMEOUT_MS };
      await this.#qmp(folder, (qmp) => qmp.execute('dump-guest-memory', args, options));
      return path;
    });
  }

  async console(machineId: string, options: { maxBytes: number }): Promise<string> {
    const folder = this.#folder(machineId);
    if (this.#processes.running(folder) !== undefined) return readConsole(folder, options);
    return readEndedConsole(folder, { ...options, log: this.#attached.get(machineId)?.console });
  }

  async waitForConsole(
    machineId: string,
    options: { text: string; timeoutMs: number; signal?: AbortSignal },
  ): Promise<boolean> {
    const folder = this.#folder(machineId);
    const attached = await this.#turns.inTurn(machineId, () => this.#attach(folder));
    if (attached !== undefined) return waitForText(attached.console, folder, options);
    return (await readConsole(folder, { maxBytes: MIB })).includes(options.text);
  }

  remove(machineId: string): Promise<void> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, () => this.#removeAll(folder));
  }

  async list(): Promise<readonly string[]> {
    const found = new Set(await listMachineFolders(this.#options.machinesDir));
    for (const machineId of await this.#cgroups.list()) found.add(machineId);
    for (const machineId of (await this.#options.tapNetworks?.list()) ?? []) found.add(machineId);
    return [...found].sort();
  }

  async close(): Promise<void> {
    await this.#turns.settled();
    for (const { console } of this.#attached.values()) console.close();
    this.#attached.clear();
    this.#processes.close();
    if ((await this.#cgroups.list()).length === 0) await this.#cgroups.close();
  }

  #folder(machineId: string): MachineFolder {
    return machineFolder(this.#options.machinesDir, machineId);
  }

  async #spec(folder: MachineFolder): Promise<StoredSpec> {
    const spec = await readSpec(folder);
    if (spec !== undefined) return spec;
    throw machineErrors.machine_not_found(`There is no machine ${folder.machineId} on this host.`);
  }

  async #ensureTap(
    spec: MachineSpec | StoredSpec,
    folder: MachineFolder,
  ): Promise<TapAttachment | undefined> {
    if (spec.network !== 'tap') return undefined;
    return this.#options.tapNetworks?.ensure({
      machineId: spec.machineId,
      folder: folder.path,
      ports: portsOf(spec),
    });
  }

  async #launch(
    folder: MachineFolder,
    spec: StoredSpec,
    tap: TapAttachment | undefined,
  ): Promise<void> {
    const { acceleration, kernelCommandLine, qemuPath } = this.#options;
    await resetConsole(folder);
    const runAs = tap && this.#user(tap.uid);
    const files = await prepareFiles(folder, spec, runAs?.uid);
    const argv = qemuArguments({
      ...spec,
      ...files,
      acceleration,
      qemuPath: qemuPath ?? 'qemu-system-x86_64',
      kernelCommandLine: kernelCommandLine({ acceleration }),
      network:
        tap === undefined
          ? { kind: 'user', ports: portsOf(spec) }
          : { kind: 'tap', tapName: tap.tapName, guestMac: tap.guestMac },
    });
    const cgroupProcs = await this.#cgroups.ensure(folder.machineId, limitsOf(spec, this.#options));
    await this.#processes.launch({
      folder,
      argv,
      cgroupProcs,
      prefix: tap?.commandPrefix ?? [],
      ...(runAs === undefined ? {} : { runAs }),
    });
    try {
      await this.#attachWhenReady(folder);
    } catch (cause) {
      await this.#processes.kill(folder);
      const said = (await readFile(folder.vmmLogPath, 'utf8').catch(() => '')).slice(-1000).trim();
      throw machineErrors.vmm_start_failed(
        `QEMU did not start for machine ${folder.machineId}: ${said || 'it said nothing'}`,
        { cause },
      );
    }
  }

  #user(uid: number): RunAs | undefined {
    const kvm = this.#options.acceleration === 'kvm' ? ['/dev/kvm'] : [];
    const runAs = qemuUser(uid, ['/dev/net/tun', ...kvm]);
    if (runAs === undefined)
      this.#options.log.warn('QEMU runs as root: /dev/net/tun or /dev/kvm is for root only');
    return runAs;
  }

  async #attachWhenReady(folder: MachineFolder): Promise<void> {
    const attached = await waitUntil(
      async () => {
        if (this.#processes.running(folder) === undefined) throw new Error('QEMU ended');
        return this.#attach(folder).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return undefined;
          throw error;
        });
      },
      { timeoutMs: START_TIMEOUT_MS, intervalMs: 3 },
    );
    if (attached === undefined) throw new Error(`QEMU was not ready in ${START_TIMEOUT_MS} ms`);
  }

  /** Undefined when the machine does not run. */
  async #attach(folder: MachineFolder): Promise<Attached | undefined> {
    const { machineId } = folder;
    const identity = this.#processes.running(folder);
    const known = this.#attached.get(machineId);
    if (known !== undefined && known.identity.pid === identity?.pid) return known;
    known?.console.close();
    this.#attached.delete(machineId);
    if (identity === undefined) return undefined;
    const endpoints = await this.#readEndpoints(folder);
    const console = followConsole(await connectInFolder(folder.path, CONSOLE_SOCKET), folder);
    const attached: Attached = { identity, endpoints, console };
    this.#attached.set(machineId, attached);
    console.closed.then(() => {
      if (this.#attached.get(machineId) === attached) this.#attached.delete(machineId);
    });
    return attached;
  }

  async #readEndpoints(folder: MachineFolder): Promise<ReadonlyMap<number, Endpoint>> {
    const spec = await this.#spec(folder);
    if (spec.network === 'tap') {
      const tap = await this.#options.tapNetworks?.find({
        machineId: folder.machineId,
        folder: folder.path,
      });
      return tap?.endpoints ?? new Map();
    }
    return this.#qmp(folder, async (qmp) => {
      const command = { 'command-line': 'info usernet' };
      return parseHostForwards(String(await qmp.execute('human-monitor-command', command)));
    });
  }

  async #inspect(folder: MachineFolder): Promise<MachineInspection> {
    const endpoints = new Map<number, Endpoint>();
    const identity = this.#processes.running(folder);
    if (identity === undefined) {
      if (!(await this.list()).includes(folder.machineId)) return { state: 'absent', endpoints };
      const isNew = (await readSpec(folder)) !== undefined && !this.#processes.wasStarted(folder);
      return { state: isNew ? 'created' : 'exited', endpoints };
    }
    try {
      const attached = await this.#attach(folder);
      const status = await this.#qmp(folder, queryStatus);
      const usage = processUsage(identity);
      return {
        state: status === 'paused' || status === 'prelaunch' ? 'paused' : 'running',
        pid: identity.pid,
        startedAtMs: processStartedAtMs(identity),
        endpoints: attached?.endpoints ?? endpoints,
        ...(usage === undefined ? {} : { usage }),
      };
    } catch (error) {
      if (this.#processes.running(folder) === undefined) return { state: 'exited', endpoints };
      throw error;
    }
  }

  #executeWhileRunning(machineId: string, command: 'stop' | 'cont'): Promise<void> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, async () => {
      this.#mustRun(folder);
      await this.#qmp(folder, (qmp) => qmp.execute(command));
    });
  }

  #mustRun(folder: MachineFolder): void {
    if (this.#processes.running(folder) === undefined)
      throw machineErrors.machine_not_running(`Machine ${folder.machineId} does not run.`);
  }

  async #qmp<T>(folder: MachineFolder, use: (qmp: QmpClient) => Promise<T>): Promise<T> {
    const qmp = await connectQmp(folder.path, QMP_SOCKET);
    try {
      return await use(qmp);
    } finally {
      qmp.close();
    }
  }

  async #removeAll(folder: MachineFolder): Promise<void> {
    await this.#processes.kill(folder);
    const attached = this.#attached.get(folder.machineId);
    attached?.console.close();
    await attached?.console.closed;
    // Whatever is wrong with the folder must not keep it from being removed.
    const spec = await readSpec(folder).catch(() => undefined);
    const recorded = spec?.driverState?.cgroups;
    await this.#cgroups.remove(folder.machineId, Array.isArray(recorded) ? recorded : []);
    await this.#options.tapNetworks?.remove(folder.machineId);
    await rm(folder.path, { recursive: true, force: true });
  }
}

function portsOf(spec: { readonly ports: readonly number[] }): number[] {
  return [...new Set([...spec.ports, GUESTD_PORT])];
}

function limitsOf(
  spec: { readonly cpus: number; readonly memoryMib: number },
  options: { readonly acceleration: Acceleration },
) {
  const emulation = options.acceleration === 'tcg' ? TRANSLATION_CACHE_MIB : 0;
  const memoryMib = spec.memoryMib + OVERHEAD_MIB + emulation;
  return { cpus: cpuLimitOf(spec.cpus), memoryBytes: memoryMib * MIB, pids: PIDS };
}

async function queryStatus(qmp: QmpClient): Promise<string> {
  const answer = (await qmp.execute('query-status')) as { status?: string };
  return answer.status ?? 'unknown';
}
