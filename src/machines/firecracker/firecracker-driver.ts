/** The firecracker driver: one jailed Firecracker for each machine, on a tap network. */
import { realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Logger } from '../../base/logger.ts';
import {
  type ProcessIdentity,
  processStartedAtMs,
  processUsage,
} from '../../base/process-identity.ts';
import { GUESTD_PORT } from '../../contracts/guest.ts';
import { type Cgroups, openCgroups } from '../cgroup.ts';
import { readConsole, readEndedConsole, waitForText } from '../console-log.ts';
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
import { createVmmProcesses, type VmmProcesses } from '../vmm-process.ts';
import { openFirecrackerApi, type VmmState } from './api-client.ts';
import { MAX_VCPUS, stateRequest } from './boot-requests.ts';
import { launchFirecracker } from './firecracker-launch.ts';
import { type Jail, jailOf, removeJail } from './jail.ts';
import { recordJailedProcess } from './jailed-process.ts';
import { followPipes, type OutputPipes } from './output-pipes.ts';

export interface FirecrackerDriverOptions {
  /** Folder of machines' folders; made when missing. Links into it save copies of images. */
  readonly machinesDir: string;
  /** The programs of one release: see release.ts. */
  readonly firecrackerPath: string;
  readonly jailerPath: string;
  readonly log: Logger;
  readonly kernelCommandLine: () => string;
  readonly tapNetworks: TapNetworks;
}

/** Firecracker itself (5 MiB) and the page tables of its guest. */
const OVERHEAD_MIB = 64;
const PIDS = 64;
const MIB = 1024 * 1024;

export async function createFirecrackerDriver(
  options: FirecrackerDriverOptions,
): Promise<MachineDriver> {
  await mkdir(options.machinesDir, { recursive: true, mode: 0o700 });
  return new FirecrackerDriver(options, await openCgroups(options));
}

interface Attached {
  readonly pid: number;
  readonly pipes: OutputPipes;
}

class FirecrackerDriver implements MachineDriver {
  readonly name = 'firecracker';
  readonly capabilities: DriverCapabilities;
  readonly #options: FirecrackerDriverOptions;
  /** As the jailer sees it: links resolved. */
  readonly #firecrackerPath: string;
  readonly #cgroups: Cgroups;
  readonly #processes: VmmProcesses = createVmmProcesses();
  readonly #attached = new Map<string, Attached>();
  readonly #turns: Turns = createTurns();

  constructor(options: FirecrackerDriverOptions, cgroups: Cgroups) {
    this.#options = options;
    this.#firecrackerPath = realpathSync(options.firecrackerPath);
    this.#cgroups = cgroups;
    this.capabilities = {
      networks: ['tap'],
      pause: true,
      // Its snapshots would; they come with restoring them.
      dumpMemory: false,
      ...(cgroups.missing === undefined ? {} : { limitsMissing: cgroups.missing }),
    };
  }

  create(spec: MachineSpec): Promise<void> {
    checkSpec(spec, this.capabilities);
    if (spec.cpus > MAX_VCPUS)
      throw machineErrors.machine_spec_invalid(
        `Machine ${spec.machineId}: cpus is ${spec.cpus}; Firecracker has at most ${MAX_VCPUS}.`,
      );
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
        await this.#cgroups.ensure(spec.machineId, limitsOf(spec));
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
      if (this.#running(folder) !== undefined) {
        if ((await this.#state(folder)) !== 'Not started') return;
        // An earlier swarmd ended while it told Firecracker about the machine.
        await this.#kill(folder);
      }
      const pipes = await launchFirecracker({
        folder,
        spec,
        jail: this.#jail(folder),
        tap: await this.#ensureTap(spec, folder),
        cgroupProcs: await this.#cgroups.ensure(machineId, limitsOf(spec)),
        processes: this.#processes,
        firecrackerPath: this.#firecrackerPath,
        jailerPath: this.#options.jailerPath,
        kernelCommandLine: this.#options.kernelCommandLine(),
      });
      this.#detach(machineId);
      const identity = this.#running(folder);
      if (identity === undefined) pipes.close();
      else this.#attached.set(machineId, { pid: identity.pid, pipes });
    });
  }

  inspect(machineId: string): Promise<MachineInspection> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, () => this.#inspect(folder));
  }

  wait(machineId: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<boolean> {
    const folder = this.#folder(machineId);
    this.#running(folder);
    return this.#processes.wait(folder, options);
  }

  kill(machineId: string): Promise<void> {
    // Not in turn: it must get through while another operation waits for a hung VMM.
    return this.#kill(this.#folder(machineId));
  }

  pause(machineId: string): Promise<void> {
    return this.#setState(machineId, 'Paused');
  }

  resume(machineId: string): Promise<void> {
    return this.#setState(machineId, 'Resumed');
  }

  async dumpMemory(machineId: string): Promise<string> {
    throw machineErrors.machine_operation_unsupported(
      `Machine ${machineId}: this driver cannot write out a guest's memory.`,
    );
  }

  async console(machineId: string, options: { maxBytes: number }): Promise<string> {
    const folder = this.#folder(machineId);
    if (this.#running(folder) !== undefined) return readConsole(folder, options);
    const log = this.#attached.get(machineId)?.pipes.console;
    return readEndedConsole(folder, { ...options, log });
  }

  async waitForConsole(
    machineId: string,
    options: { text: string; timeoutMs: number; signal?: AbortSignal },
  ): Promise<boolean> {
    const folder = this.#folder(machineId);
    const attached = await this.#turns.inTurn(machineId, async () => this.#attach(folder));
    if (attached !== undefined) return waitForText(attached.pipes.console, folder, options);
    return (await readConsole(folder, { maxBytes: MIB })).includes(options.text);
  }

  remove(machineId: string): Promise<void> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, () => this.#removeAll(folder));
  }

  async list(): Promise<readonly string[]> {
    const found = new Set(await listMachineFolders(this.#options.machinesDir));
    for (const machineId of await this.#cgroups.list()) found.add(machineId);
    for (const machineId of await this.#options.tapNetworks.list()) found.add(machineId);
    return [...found].sort();
  }

  async close(): Promise<void> {
    await this.#turns.settled();
    for (const machineId of [...this.#attached.keys()]) this.#detach(machineId);
    this.#processes.close();
    if ((await this.#cgroups.list()).length === 0) await this.#cgroups.close();
  }

  #folder(machineId: string): MachineFolder {
    return machineFolder(this.#options.machinesDir, machineId);
  }

  #jail(folder: MachineFolder): Jail {
    return jailOf(folder, basename(this.#firecrackerPath));
  }

  async #spec(folder: MachineFolder): Promise<StoredSpec> {
    const spec = await readSpec(folder);
    if (spec !== undefined) return spec;
    throw machineErrors.machine_not_found(`There is no machine ${folder.machineId} on this host.`);
  }

  #ensureTap(spec: StoredSpec | MachineSpec, folder: MachineFolder): Promise<TapAttachment> {
    const ports = [...new Set([...spec.ports, GUESTD_PORT])];
    return this.#options.tapNetworks.ensure({
      machineId: spec.machineId,
      folder: folder.path,
      ports,
    });
  }

  /** Firecracker itself, also when swarmd ended before it recorded which process that is. */
  #running(folder: MachineFolder): ProcessIdentity | undefined {
    const known = this.#processes.running(folder);
    if (known !== undefined) return known;
    const found = recordJailedProcess(folder, this.#jail(folder), { guestMayRun: true });
    if (found === undefined) return undefined;
    return this.#processes.running(folder);
  }

  /** Reads the output of a machine that an earlier swarmd started; undefined when it is gone. */
  #attach(folder: MachineFolder): Attached | undefined {
    const identity = this.#running(folder);
    const known = this.#attached.get(folder.machineId);
    if (known !== undefined && known.pid === identity?.pid) return known;
    this.#detach(folder.machineId);
    if (identity === undefined) return undefined;
    const attached: Attached = { pid: identity.pid, pipes: followPipes(folder) };
    this.#attached.set(folder.machineId, attached);
    return attached;
  }

  #detach(machineId: string): void {
    this.#attached.get(machineId)?.pipes.close();
    this.#attached.delete(machineId);
  }

  async #state(folder: MachineFolder): Promise<VmmState> {
    const api = openFirecrackerApi(this.#jail(folder).root);
    try {
      return await api.state();
    } finally {
      await api.close();
    }
  }

  #setState(machineId: string, state: 'Paused' | 'Resumed'): Promise<void> {
    const folder = this.#folder(machineId);
    return this.#turns.inTurn(machineId, async () => {
      if (this.#running(folder) === undefined)
        throw machineErrors.machine_not_running(`Machine ${machineId} does not run.`);
      const api = openFirecrackerApi(this.#jail(folder).root);
      try {
        await api.send(stateRequest(state));
      } finally {
        await api.close();
      }
    });
  }

  async #inspect(folder: MachineFolder): Promise<MachineInspection> {
    const identity = this.#running(folder);
    const none = new Map<number, Endpoint>();
    if (identity === undefined) {
      if (!(await this.list()).includes(folder.machineId))
        return { state: 'absent', endpoints: none };
      const isNew = (await readSpec(folder)) !== undefined && !this.#processes.wasStarted(folder);
      return { state: isNew ? 'created' : 'exited', endpoints: none };
    }
    try {
      this.#attach(folder);
      const state = await this.#state(folder);
      const { machineId, path } = folder;
      const tap = await this.#options.tapNetworks.find({ machineId, folder: path });
      const usage = processUsage(identity);
      return {
        state: state === 'Running' ? 'running' : 'paused',
        pid: identity.pid,
        startedAtMs: processStartedAtMs(identity),
        endpoints: tap?.endpoints ?? none,
        ...(usage === undefined ? {} : { usage }),
      };
    } catch (error) {
      if (this.#running(folder) === undefined) return { state: 'exited', endpoints: none };
      throw error;
    }
  }

  async #kill(folder: MachineFolder): Promise<void> {
    await this.#processes.kill(folder); // The jailer, while it is at work.
    if (this.#running(folder) !== undefined) await this.#processes.kill(folder);
  }

  async #removeAll(folder: MachineFolder): Promise<void> {
    await this.#kill(folder);
    const pipes = this.#attached.get(folder.machineId)?.pipes;
    this.#detach(folder.machineId);
    await pipes?.console.closed;
    const recorded = (await readSpec(folder))?.driverState?.cgroups;
    await this.#cgroups.remove(folder.machineId, Array.isArray(recorded) ? recorded : []);
    await this.#options.tapNetworks.remove(folder.machineId);
    await removeJail(this.#jail(folder));
    await rm(folder.path, { recursive: true, force: true });
  }
}

function limitsOf(spec: { readonly cpus: number; readonly memoryMib: number }) {
  const memoryBytes = (spec.memoryMib + OVERHEAD_MIB) * MIB;
  return { cpus: cpuLimitOf(spec.cpus), memoryBytes, pids: PIDS };
}
