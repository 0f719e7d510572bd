/**
 * Machines: boots them, starts the agent's process in them, watches it, keeps its output.
 * The front file of the area; the port types here are what fleet, gateway and api build on.
 */
import type { Duplex } from 'node:stream';
import type {
  GuestExecSpec,
  GuestExit,
  GuestProcessSpec,
  GuestRunResult,
  GuestStatus,
} from '../contracts/guest.ts';
import type { Endpoint, MachineInspection, NetworkKind } from './driver.ts';

export type { Endpoint, MachineDriver, MachineInspection, NetworkKind } from './driver.ts';

export type EgressCapture = NonNullable<GuestStatus['egress']>['capture'];

export interface MachineRequest {
  readonly machineId: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly rootfsPath: string;
  /** Where the agent listens inside. */
  readonly port: number;
  /** Other guest ports that the host must reach: of a health check. */
  readonly extraPorts?: readonly number[];
  readonly process: GuestProcessSpec;
  /** Gives the machine its way out; absent: nothing leads out of it. */
  readonly egress?: {
    /** The certificate, in PEM, that programs inside are to trust. */
    readonly authority: string;
  };
  /** Time from VMM start to guestd's answer; a boot that takes longer is killed and tried again. */
  readonly bootTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** One line of the process's output, as kept and as shown. */
export interface LogRecord {
  readonly machineId: string;
  /** Counts within the machine, over both streams. */
  readonly seq: number;
  /** RFC 3339 with nanoseconds, by the guest's clock. */
  readonly time: string;
  /** `system`: said by Swarm, such as "3 lines lost". */
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly text: string;
  readonly partial: boolean;
}

export interface LogQuery {
  /** The newest N lines first found, then onwards. */
  readonly tail?: number;
  /** Only lines that were counted after this one; with `tail`, those of them that are in it. */
  readonly afterSeq?: number;
  readonly sinceMs?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** A fact about a machine, told as it happens and again after a reconnection. */
export type MachineEvent =
  | { readonly type: 'listening'; readonly machineId: string; readonly ports: readonly number[] }
  | { readonly type: 'process_exited'; readonly machineId: string; readonly exit: GuestExit }
  /** The VMM is gone, whatever the reason. */
  | { readonly type: 'machine_exited'; readonly machineId: string };

export interface Machines {
  readonly driverName: string;
  readonly network: NetworkKind;
  /**
   * Creates the machine, boots it and starts the process. Idempotent by id: what is there already
   * is carried on with. When it throws, the machine is gone and its log kept.
   * @throws machine_boot_failed, process_start_failed (details: guest error code)
   */
  start(request: MachineRequest): Promise<void>;
  /** Takes up a machine that runs already: reconnects to events and logs. False: it is gone. */
  adopt(machineId: string): Promise<boolean>;
  inspect(machineId: string): Promise<MachineInspection>;
  /** Status as guestd tells it; undefined when it does not answer in time. */
  status(machineId: string, options: { timeoutMs: number }): Promise<GuestStatus | undefined>;
  /**
   * What leads out of it, as guestd said once, from memory; undefined: nothing does, or it is not known
   * yet, and is asked for.
   */
  capture(machineId: string): EgressCapture | undefined;
  /** Where the host reaches a guest port of a running machine, from memory: no I/O. */
  endpoint(machineId: string, port: number): Endpoint | undefined;
  /** Graceful: signal, wait, kill the process; power off; kill the VMM. Idempotent. */
  stop(machineId: string, options: { signal: string; timeoutMs: number }): Promise<void>;
  kill(machineId: string): Promise<void>;
  pause(machineId: string): Promise<void>;
  resume(machineId: string): Promise<void>;
  run(
    machineId: string,
    options: { process: GuestProcessSpec; timeoutMs: number; maxOutputBytes: number },
  ): Promise<GuestRunResult>;
  /** A raw stream of EXEC_FRAME frames. */
  exec(machineId: string, spec: GuestExecSpec): Promise<Duplex>;
  /** Kept lines, oldest first; stays open with `follow`. Works for removed machines while kept. */
  logs(machineId: string, query: LogQuery): AsyncIterable<LogRecord>;
  /** The console of kernel and guestd. */
  console(machineId: string, options: { maxBytes: number }): Promise<string>;
  /** Removes the machine; its process's log too with `logs: true`. Idempotent. */
  remove(machineId: string, options: { logs: boolean }): Promise<void>;
  /** Machines of which anything is on this host. */
  list(): Promise<readonly string[]>;
  /** Listener errors are bugs. Returns the unsubscribe function. */
  onEvent(listener: (event: MachineEvent) => void): () => void;
  /** Lets go of all machines without stopping them. */
  close(): Promise<void>;
}

export {
  type BootAssets,
  ensureBootAssets,
  kernelCommandLine,
  readHostTscKhz,
} from './boot/boot.ts';
export { openCgroups } from './cgroup.ts';
export { createMachines, type HostMachines, type MachinesOptions } from './create-machines.ts';
export { egressEnvironment } from './egress-environment.ts';
export type { FakeEgressTarget } from './fake-egress.ts';
export {
  createFakeHost,
  createFakeMachines,
  type FakeFaults,
  type FakeHost,
  type FakeMachines,
  type FakeMachinesOptions,
} from './fake-machines.ts';
export { firecrackerErrors } from './firecracker/errors.ts';
export {
  createFirecrackerDriver,
  type FirecrackerDriverOptions,
} from './firecracker/firecracker-driver.ts';
export {
  ensureFirecracker,
  FIRECRACKER_RELEASE,
  type FirecrackerPrograms,
  findFirecracker,
  firecrackerPaths,
} from './firecracker/release.ts';
export {
  type KvmProbe,
  type KvmProbeOptions,
  probeKvm,
} from './kvm-probe.ts';
export type { TapNetworks } from './network/network.ts';
export { createTapNetworks, type TapNetworksOptions } from './network/tap.ts';
export { createQemuDriver, type QemuDriverOptions } from './qemu/qemu-driver.ts';
