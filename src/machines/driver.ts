/**
 * The driver port: how a machine is run on this host. One contract suite
 * (driver-contract.ts) runs over every implementation.
 *
 * A driver knows the VMM, its drives, its network and its cgroup; it knows nothing of agents,
 * images or the process inside. Everything it needs to find a machine again after a crash of
 * swarmd lies in the machine's own folder, so that `inspect` works on machines it did not start.
 */
import type { GuestConfig } from '../contracts/guest.ts';

export type NetworkKind = 'user' | 'tap';

export interface MachineSpec {
  /** Letters, digits, '_' and '-', at most 40 characters. */
  readonly machineId: string;
  /** vCPUs; a fraction (0.5) is one vCPU with half a CPU's quota. */
  readonly cpus: number;
  readonly memoryMib: number;
  /** Size of the writable disk. */
  readonly diskMib: number;
  readonly kernelPath: string;
  readonly initramfsPath: string;
  /** EROFS file, opened read-only. */
  readonly rootfsPath: string;
  readonly network: NetworkKind;
  /** Guest TCP ports the host must reach: the agent's; guestd's is always added. */
  readonly ports: readonly number[];
  /** What the configuration drive says; the driver writes it, mode 0600. */
  readonly guestConfig: GuestConfig;
}

export type MachineState =
  /** Nothing of it is on this host. */
  | 'absent'
  /** Made, never started. */
  | 'created'
  | 'running'
  | 'paused'
  /** Its VMM process is gone; folder, disk and logs are still here. */
  | 'exited';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface MachineInspection {
  readonly state: MachineState;
  /** Of the VMM process, while it runs. */
  readonly pid?: number;
  readonly startedAtMs?: number;
  /** By guest port; only while it runs. */
  readonly endpoints: ReadonlyMap<number, Endpoint>;
  /** Resident and CPU use of the VMM process with the guest in it, while it runs. */
  readonly usage?: { readonly memoryBytes: number; readonly cpuMs: number };
}

export interface DriverCapabilities {
  readonly networks: readonly NetworkKind[];
  readonly pause: boolean;
  readonly dumpMemory: boolean;
  /** Why limits by cgroup are not applied on this host; absent: they are. */
  readonly limitsMissing?: string;
}

export interface MachineDriver {
  readonly name: 'qemu' | 'firecracker';
  readonly capabilities: DriverCapabilities;

  /** Makes folder, drives and network. Undoes all of it when it throws. */
  create(spec: MachineSpec): Promise<void>;
  /**
   * Starts the VMM of a created or exited machine; returns when the VMM runs, not when the guest
   * is up. Already running: does nothing.
   */
  start(machineId: string): Promise<void>;
  inspect(machineId: string): Promise<MachineInspection>;
  /** Resolves when the VMM is gone (at once when it is not running), false when time ran out. */
  wait(machineId: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<boolean>;
  /** Kills the VMM and all its processes, and waits until they are gone. Idempotent. */
  kill(machineId: string): Promise<void>;
  pause(machineId: string): Promise<void>;
  resume(machineId: string): Promise<void>;
  /**
   * Writes all of the guest's memory into a file of the machine's folder, which only this user and
   * the VMM's can read; the guest stands still meanwhile. For whoever has to know what is in it:
   * no endpoint leads here. The file goes with the machine, or before, by whoever asked for it.
   * @returns its path. @throws machine_operation_unsupported, machine_not_running
   */
  dumpMemory(machineId: string): Promise<string>;
  /** The end of the guest's console (kernel and guestd), at most `maxBytes`. */
  console(machineId: string, options: { maxBytes: number }): Promise<string>;
  /** Resolves when the console first showed `text` since the last start; false on timeout or exit. */
  waitForConsole(
    machineId: string,
    options: { text: string; timeoutMs: number; signal?: AbortSignal },
  ): Promise<boolean>;
  /** Kills it if need be and removes everything of it from the host. Idempotent. */
  remove(machineId: string): Promise<void>;
  /** Every machine of which anything is on this host: folders, processes, networks, cgroups. */
  list(): Promise<readonly string[]>;
  /** Lets go of machines without stopping them. */
  close(): Promise<void>;
}
