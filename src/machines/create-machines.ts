/** Machines on top of a driver: boots, starts the process, watches, keeps its output. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describeError, SwarmError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import {
  EGRESS_PROXY_PORT,
  GUEST_NETWORK,
  GUEST_PROTOCOL_VERSION,
  GUESTD_PORT,
  type GuestConfig,
  type GuestEvent,
} from '../contracts/guest.ts';
import { type BootedMachine, bootMachine } from './boot-machine.ts';
import type { Endpoint, MachineDriver, NetworkKind } from './driver.ts';
import { readConfigDrive } from './drives.ts';
import { createEgressTunnel, type EgressTunnel } from './egress-tunnel.ts';
import { machineErrors } from './errors.ts';
import { drainLogs, followGuest, systemLine } from './follow-guest.ts';
import { createGuestClient, type GuestClient } from './guest-client.ts';
import { createLogStore, type LogStore } from './log-store.ts';
import { machineFolder } from './machine-folder.ts';
import type { MachineEvent, MachineRequest, Machines } from './machines.ts';
import { type RememberedCapture, rememberCapture } from './remember-capture.ts';

export interface MachinesOptions {
  readonly driver: MachineDriver;
  /** Holds `machines/` (the driver's) and `logs/`. */
  readonly homeDir: string;
  readonly bootAssets: { readonly kernelPath: string; readonly initramfsPath: string };
  readonly network: NetworkKind;
  readonly log: Logger;
  /** Of each machine's process log; default 10 segments of 1 MiB. */
  readonly logLimits?: { readonly segmentBytes: number; readonly segments: number };
  /**
   * Takes over what processes open in machines that have a way out; without it, none is opened.
   * The stream ends with the machine, and when it is paused.
   */
  readonly onEgress?: (connection: EgressConnection) => void;
}

/** Machines of this host, and what only its operator needs. */
export interface HostMachines extends Machines {
  /** Removes logs of removed machines that are older. Returns the machines' ids. */
  pruneLogs(options: {
    olderThanMs: number;
    keep: ReadonlySet<string>;
  }): Promise<readonly string[]>;
}

/** A machine that runs, as far as this process knows. */
interface Tracked {
  readonly client: GuestClient;
  readonly endpoints: ReadonlyMap<number, Endpoint>;
  /** Of a machine that has a way out. */
  readonly tunnel: EgressTunnel | undefined;
  /** What leads out of it, in guestd's words. */
  readonly capture: RememberedCapture | undefined;
  /** Ends the following of events, logs and the VMM. */
  readonly over: AbortController;
}

const FIRST_ANSWER_MS = 10_000;
const FOREVER_MS = 0x7fff_ffff;
const POWER_OFF_MS = 5_000;
const TCP_MTU = 1500;

export function createMachines(options: MachinesOptions): HostMachines {
  return new DriverMachines(options);
}

class DriverMachines implements HostMachines {
  readonly driverName: string;
  readonly network: NetworkKind;
  readonly #options: MachinesOptions;
  readonly #driver: MachineDriver;
  readonly #logs: LogStore;
  readonly #tracked = new Map<string, Tracked>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #listeners = new Set<(event: MachineEvent) => void>();

  constructor(options: MachinesOptions) {
    this.#options = options;
    this.#driver = options.driver;
    this.driverName = options.driver.name;
    this.network = options.network;
    const logsDir = join(options.homeDir, 'logs');
    this.#logs = createLogStore({ logsDir, ...options.logLimits });
  }

  start(request: MachineRequest): Promise<void> {
    const { machineId } = request;
    const underWay = this.#starting.get(machineId);
    if (underWay !== undefined) return underWay;
    const starting = this.#start(request).finally(() => this.#starting.delete(machineId));
    this.#starting.set(machineId, starting);
    return starting;
  }

  async adopt(machineId: string): Promise<boolean> {
    if (this.#tracked.has(machineId)) return true;
    const { state, endpoints } = await this.#driver.inspect(machineId);
    const endpoint = endpoints.get(GUESTD_PORT);
    if ((state !== 'running' && state !== 'paused') || endpoint === undefined) return false;
    // An earlier swarmd may have been killed before it let the VMM run; else this does nothing.
    await this.#driver.start(machineId);
    const config = await this.#guestConfig(machineId);
    const client = createGuestClient({ machineId, endpoint, token: config.token });
    this.#track(config, { client, endpoints });
    const isPaused = state === 'paused' && (await this.#driver.inspect(machineId)).state === state;
    if (!isPaused) this.#tracked.get(machineId)?.tunnel?.open();
    return true;
  }

  inspect(machineId: string) {
    return this.#driver.inspect(machineId);
  }

  async status(machineId: string, limits: { timeoutMs: number }) {
    return this.#tracked
      .get(machineId)
      ?.client.status(limits)
      .catch(() => undefined);
  }

  capture(machineId: string) {
    return this.#tracked.get(machineId)?.capture?.get();
  }

  endpoint(machineId: string, port: number): Endpoint | undefined {
    return this.#tracked.get(machineId)?.endpoints.get(port);
  }

  async stop(machineId: string, how: { signal: string; timeoutMs: number }): Promise<void> {
    const client = (await this.adopt(machineId)) && this.#tracked.get(machineId)?.client;
    if (client) {
      try {
        // A paused machine would hear nothing.
        if ((await this.#driver.inspect(machineId)).state === 'paused')
          await this.resume(machineId);
        await client.stopProcess(how).catch((error: unknown) => {
          if (!isGuestCode(error, 'process_not_started')) throw error;
        });
        await drainLogs({ machineId, client, logs: this.#logs });
        await client.powerOff({ timeoutMs: POWER_OFF_MS });
        await this.#driver.wait(machineId, { timeoutMs: POWER_OFF_MS });
      } catch (error) {
        // It does not do what it is told; killing it does.
        this.#options.log.info({ machineId, reason: describeError(error) }, 'stop is forced');
      }
    }
    await this.kill(machineId);
  }

  async kill(machineId: string): Promise<void> {
    await this.#driver.kill(machineId);
    this.#gone(machineId);
  }

  async pause(machineId: string): Promise<void> {
    await this.#driver.pause(machineId);
    this.#tracked.get(machineId)?.tunnel?.close();
  }

  async resume(machineId: string): Promise<void> {
    await this.#driver.resume(machineId);
    this.#tracked.get(machineId)?.tunnel?.open();
  }

  async run(machineId: string, how: Parameters<Machines['run']>[1]) {
    return this.#running(machineId).client.run(how);
  }

  async exec(machineId: string, spec: Parameters<Machines['exec']>[1]) {
    return this.#running(machineId).client.exec(spec);
  }

  logs(machineId: string, query: Parameters<Machines['logs']>[1]) {
    return this.#logs.query(machineId, query);
  }

  console(machineId: string, limits: { maxBytes: number }): Promise<string> {
    return this.#driver.console(machineId, limits);
  }

  async remove(machineId: string, options: { logs: boolean }): Promise<void> {
    await this.#driver.remove(machineId);
    this.#gone(machineId);
    if (options.logs) await this.#logs.remove(machineId);
    else this.#logs.finish(machineId);
  }

  list(): Promise<readonly string[]> {
    return this.#driver.list();
  }

  onEvent(listener: (event: MachineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const { over, client, tunnel } of this.#tracked.values()) {
      over.abort();
      client.close();
      tunnel?.close();
    }
    this.#tracked.clear();
    this.#logs.close();
    await this.#driver.close();
  }

  async pruneLogs(options: { olderThanMs: number; keep: ReadonlySet<string> }) {
    const keep = new Set([...options.keep, ...(await this.#driver.list())]);
    return this.#logs.prune({ olderThanMs: options.olderThanMs, keep });
  }

  async #start(request: MachineRequest): Promise<void> {
    const { machineId } = request;
    request.signal?.throwIfAborted();
    try {
      const client = await this.#boot(request);
      await this.#startProcess(client, request);
    } catch (error) {
      await this.#logs
        .append(machineId, [systemLine(`The machine did not start: ${describeError(error)}`)])
        .catch(() => undefined);
      await this.remove(machineId, { logs: false });
      throw error;
    }
  }

  /** Carries on with whatever is there already. */
  async #boot(request: MachineRequest): Promise<GuestClient> {
    const { machineId } = request;
    if (await this.adopt(machineId)) {
      const tracked = this.#running(machineId);
      const alive = await tracked.client.status({ timeoutMs: request.bootTimeoutMs }).then(
        () => true,
        () => false,
      );
      if (alive) return tracked.client;
      await this.kill(machineId);
    }
    const config = await this.#createIfAbsent(request);
    await this.#logs.markBoot(machineId);
    const booted = await bootMachine({
      driver: this.#driver,
      machineId,
      token: config.token,
      timeoutMs: request.bootTimeoutMs,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    this.#track(config, booted);
    this.#tracked.get(machineId)?.tunnel?.open();
    return booted.client;
  }

  /** Returns what its configuration drive says. */
  async #createIfAbsent(request: MachineRequest): Promise<GuestConfig> {
    const { machineId } = request;
    if ((await this.#driver.inspect(machineId)).state !== 'absent') {
      const config = await this.#guestConfig(machineId).catch(() => undefined);
      if (config !== undefined) return config;
      await this.#driver.remove(machineId); // Half made.
    }
    const guestConfig = newGuestConfig(request);
    await this.#driver.create({
      ...this.#options.bootAssets,
      machineId,
      cpus: request.cpus,
      memoryMib: request.memoryMib,
      diskMib: request.diskMib,
      rootfsPath: request.rootfsPath,
      network: this.#options.network,
      ports: [...new Set([request.port, ...(request.extraPorts ?? [])])],
      guestConfig,
    });
    return guestConfig;
  }

  async #startProcess(client: GuestClient, request: MachineRequest): Promise<void> {
    const limits = {
      timeoutMs: Math.max(FIRST_ANSWER_MS, request.bootTimeoutMs),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    try {
      await client.startProcess(request.process, limits);
    } catch (cause) {
      // It runs already: an earlier answer was lost, or swarmd was restarted in between.
      if (isGuestCode(cause, 'process_running')) return;
      if (!(cause instanceof SwarmError) || cause.code !== 'guest_refused') throw cause;
      throw machineErrors.process_start_failed(
        `The process of machine ${request.machineId} did not start: ${cause.message}`,
        { cause, details: { guestCode: cause.details.guestCode } },
      );
    }
  }

  #guestConfig(machineId: string): Promise<GuestConfig> {
    const folder = machineFolder(join(this.#options.homeDir, 'machines'), machineId);
    return readConfigDrive(folder.configDrivePath);
  }

  #running(machineId: string): Tracked {
    const tracked = this.#tracked.get(machineId);
    if (tracked !== undefined) return tracked;
    throw machineErrors.machine_not_running(`Machine ${machineId} does not run.`);
  }

  #track(config: GuestConfig, booted: BootedMachine): void {
    const { machineId } = config;
    const over = new AbortController();
    const { client, endpoints, status } = booted;
    const tunnel = this.#tunnel(config, endpoints);
    const capture =
      config.egress === undefined ? undefined : rememberCapture(client, status?.egress?.capture);
    this.#tracked.set(machineId, { client, endpoints, tunnel, capture, over });
    void followGuest({
      machineId,
      client,
      logs: this.#logs,
      log: this.#options.log,
      signal: over.signal,
      onEvent: (event) => this.#onGuestEvent(machineId, event),
    });
    void this.#watchVmm(machineId, over.signal);
  }

  #tunnel({ machineId, token, egress }: GuestConfig, endpoints: Tracked['endpoints']) {
    const { onEgress, log } = this.#options;
    const endpoint = endpoints.get(GUESTD_PORT);
    if (egress === undefined || onEgress === undefined || endpoint === undefined) return undefined;
    return createEgressTunnel({ machineId, endpoint, token, log, onConnection: onEgress });
  }

  async #watchVmm(machineId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted)
      if (await this.#driver.wait(machineId, { timeoutMs: FOREVER_MS, signal }))
        return this.#gone(machineId, signal);
  }

  /** The VMM is gone: said once, whoever notices first. */
  #gone(machineId: string, of?: AbortSignal): void {
    const tracked = this.#tracked.get(machineId);
    if (tracked === undefined || (of !== undefined && tracked.over.signal !== of)) return;
    this.#tracked.delete(machineId);
    tracked.over.abort();
    tracked.client.close();
    tracked.tunnel?.close();
    this.#emit({ type: 'machine_exited', machineId });
  }

  #onGuestEvent(machineId: string, event: GuestEvent): void {
    if (event.type === 'listening')
      this.#emit({ type: 'listening', machineId, ports: event.ports });
    if (event.type === 'process_exited')
      this.#emit({ type: 'process_exited', machineId, exit: event.exit });
  }

  #emit(event: MachineEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function newGuestConfig({ machineId, hostname, egress }: MachineRequest): GuestConfig {
  const { address, prefixLength, gateway, dns } = GUEST_NETWORK;
  return {
    version: GUEST_PROTOCOL_VERSION,
    machineId,
    token: randomBytes(32).toString('hex'),
    hostname,
    guestdPort: GUESTD_PORT,
    network: { address, prefixLength, gateway, dns, mtu: TCP_MTU },
    ...(egress === undefined
      ? {}
      : { egress: { proxyPort: EGRESS_PROXY_PORT, authority: egress.authority } }),
  };
}

function isGuestCode(error: unknown, code: string): boolean {
  return (
    error instanceof SwarmError &&
    error.code === 'guest_refused' &&
    error.details.guestCode === code
  );
}
