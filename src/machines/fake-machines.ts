/**
 * A Machines for the fast tests of fleet, gateway and api: no VMM, but a real HTTP server on
 * loopback for each machine, and faults on demand. It passes machinesContract as the real one does.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { sleep } from '../base/wait.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import type { GuestExit, GuestRunResult } from '../contracts/guest.ts';
import type { MachineInspection } from './driver.ts';
import { machineErrors } from './errors.ts';
import { createFakeEgress, type FakeEgressTarget } from './fake-egress.ts';
import type { LogQuery, LogRecord, MachineEvent, MachineRequest, Machines } from './machines.ts';

/** What goes wrong with one start. All absent: nothing does. */
export interface FakeFaults {
  /** Time that the boot takes. */
  readonly bootMs?: number;
  /** start() throws machine_boot_failed. */
  readonly bootFails?: boolean;
  /** start() throws process_start_failed with this guest error code. */
  readonly processStartFails?: string;
  /** The process ends by itself after this time, with exit code 1 unless `exit` says otherwise. */
  readonly exitAfterMs?: number;
  readonly exit?: Partial<GuestExit>;
  /** The process runs, but nothing listens on the port. */
  readonly neverListens?: boolean;
  /** The VMM dies after this time. */
  readonly dieAfterMs?: number;
}

interface FakeMachine {
  readonly request: MachineRequest;
  state: 'running' | 'paused' | 'exited';
  readonly startedAtMs: number;
  readonly timers: NodeJS.Timeout[];
  exit: GuestExit | undefined;
  server: Server | undefined;
  port: number;
}

/** What outlives a swarmd: give the same one to a second createFakeMachines to test adoption. */
export interface FakeHost {
  readonly machines: Map<string, FakeMachine>;
  readonly logs: Map<string, LogRecord[]>;
  readonly listeners: Set<(event: MachineEvent) => void>;
}

export const createFakeHost = (): FakeHost => ({
  machines: new Map(),
  logs: new Map(),
  listeners: new Set(),
});

export interface FakeMachinesOptions {
  readonly host?: FakeHost;
  /** Asked at each start. */
  readonly faults?: (request: MachineRequest) => FakeFaults;
  /** Serves what the agent would; default: 200 with JSON {machineId}. */
  readonly handler?: (
    request: IncomingMessage,
    response: ServerResponse,
    machine: MachineRequest,
  ) => void;
  /** Printed by each process as it starts. */
  readonly firstLine?: string;
  /** Answers run(); default: exit code 0, no output. */
  readonly run?: (machineId: string, argv: readonly string[]) => GuestRunResult;
  /** As of the real ones: takes over what openEgress opens. */
  readonly onEgress?: (connection: EgressConnection) => void;
}

export interface FakeMachines extends Machines {
  /** Every request of start(), oldest first. */
  readonly starts: readonly MachineRequest[];
  /** The process ends by itself. */
  endProcess(machineId: string, exit?: Partial<GuestExit>): void;
  /** The VMM is gone from one moment to the next, as after kill -9. */
  die(machineId: string): void;
  /**
   * The process opens a connection to the proxy's port or to another address; its end of it.
   * @throws machine_not_running, also when the machine has no way out: nothing answers then
   */
  openEgress(machineId: string, target: FakeEgressTarget): Promise<Socket>;
  /** The process prints a line. */
  say(machineId: string, text: string, stream?: LogRecord['stream']): void;
}

const HANDLED: GuestRunResult = { exitCode: 0, signal: null, timedOut: false, output: '' };

export function createFakeMachines(options: FakeMachinesOptions = {}): FakeMachines {
  const host = options.host ?? createFakeHost();
  const starts: MachineRequest[] = [];
  const starting = new Map<string, Promise<void>>();
  const own = new Set<(event: MachineEvent) => void>();
  const emit = (event: MachineEvent) => {
    for (const listener of [...host.listeners]) listener(event);
  };
  const known = (machineId: string): FakeMachine => {
    const machine = host.machines.get(machineId);
    if (machine !== undefined) return machine;
    throw machineErrors.machine_not_found(`There is no machine ${machineId} on this host.`);
  };
  const alive = (machineId: string): FakeMachine => {
    const machine = known(machineId);
    if (machine.state !== 'exited') return machine;
    throw machineErrors.machine_not_running(`Machine ${machineId} does not run.`);
  };
  const egress = createFakeEgress((connection) => options.onEgress?.(connection));
  const openEgress: FakeMachines['openEgress'] = async (machineId, target) => {
    const { state, request } = alive(machineId);
    if (state === 'running' && request.egress !== undefined && options.onEgress !== undefined)
      return egress.open(machineId, target);
    throw machineErrors.machine_not_running(`Nothing leads out of machine ${machineId} now.`);
  };
  const say: FakeMachines['say'] = (machineId, text, stream = 'stdout') => {
    const lines = host.logs.get(machineId) ?? [];
    host.logs.set(machineId, lines);
    const time = new Date().toISOString().replace('Z', '000000Z');
    lines.push({ machineId, seq: lines.length + 1, time, stream, text, partial: false });
  };
  const stopServing = (machine: FakeMachine) => {
    machine.server?.close();
    machine.server?.closeAllConnections();
    machine.server = undefined;
  };
  const endProcess: FakeMachines['endProcess'] = (machineId, exit = {}) => {
    const machine = host.machines.get(machineId);
    if (machine === undefined || machine.state === 'exited' || machine.exit !== undefined) return;
    stopServing(machine);
    const exitedAt = new Date().toISOString();
    machine.exit = { exitCode: 1, signal: null, oomKilled: false, exitedAt, ...exit };
    emit({ type: 'process_exited', machineId, exit: machine.exit });
  };
  const die = (machineId: string) => {
    const machine = host.machines.get(machineId);
    if (machine === undefined || machine.state === 'exited') return;
    machine.state = 'exited';
    for (const timer of machine.timers) clearTimeout(timer);
    stopServing(machine);
    egress.cutOff(machineId);
    emit({ type: 'machine_exited', machineId });
  };

  const boot = async (request: MachineRequest, faults: FakeFaults): Promise<void> => {
    const { machineId } = request;
    request.signal?.throwIfAborted();
    if (faults.bootMs !== undefined)
      await sleep(faults.bootMs, undefined, request.signal ? { signal: request.signal } : {});
    if (faults.bootFails === true)
      throw machineErrors.machine_boot_failed(`Machine ${machineId} did not boot.`);
    if (faults.processStartFails !== undefined)
      throw machineErrors.process_start_failed(`The process of ${machineId} did not start.`, {
        details: { guestCode: faults.processStartFails },
      });
    const server = createServer(handlerOf(request, options));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const machine: FakeMachine = {
      request,
      state: 'running',
      startedAtMs: Date.now(),
      timers: [],
      exit: undefined,
      server,
      port: (server.address() as AddressInfo).port,
    };
    host.machines.set(machineId, machine);
    if (options.firstLine !== undefined) say(machineId, options.firstLine);
    const later = (ms: number, act: () => void) => machine.timers.push(setTimeout(act, ms).unref());
    if (faults.neverListens === true) stopServing(machine);
    else later(0, () => emit({ type: 'listening', machineId, ports: [request.port] }));
    if (faults.exitAfterMs !== undefined)
      later(faults.exitAfterMs, () => endProcess(machineId, faults.exit));
    if (faults.dieAfterMs !== undefined) later(faults.dieAfterMs, () => die(machineId));
  };

  return {
    driverName: 'qemu',
    network: 'user',
    starts,
    endProcess,
    die,
    say,
    openEgress,
    async start(request) {
      const { machineId } = request;
      const there = host.machines.get(machineId);
      const underWay = starting.get(machineId);
      starts.push(request);
      if (underWay !== undefined) return underWay;
      if (there !== undefined && there.state !== 'exited') return;
      const booting = boot(request, options.faults?.(request) ?? {});
      starting.set(
        machineId,
        booting.finally(() => starting.delete(machineId)),
      );
      await starting.get(machineId);
    },
    adopt: async (machineId) => {
      const machine = host.machines.get(machineId);
      return machine !== undefined && machine.state !== 'exited';
    },
    inspect: async (machineId) => inspection(host.machines.get(machineId)),
    async status(machineId) {
      const machine = host.machines.get(machineId);
      if (machine?.state !== 'running') return undefined;
      return {
        version: 1,
        machineId,
        uptimeMs: Date.now() - machine.startedAtMs,
        process: {
          state: machine.exit === undefined ? 'running' : 'exited',
          pid: 1,
          startedAt: new Date(machine.startedAtMs).toISOString(),
          exit: machine.exit ?? null,
        },
        listening: machine.server === undefined ? [] : [machine.request.port],
        memory: { totalBytes: machine.request.memoryMib * 2 ** 20, availableBytes: 2 ** 20 },
        disk: { totalBytes: machine.request.diskMib * 2 ** 20, usedBytes: 0 },
        cpuMs: 0,
      };
    },
    capture(machineId) {
      const machine = host.machines.get(machineId);
      return machine?.state === 'running' && machine.request.egress ? 'all' : undefined;
    },
    endpoint(machineId, port) {
      const machine = host.machines.get(machineId);
      if (machine === undefined || machine.state === 'exited') return undefined;
      return port === machine.request.port ? { host: '127.0.0.1', port: machine.port } : undefined;
    },
    async stop(machineId, { signal }) {
      endProcess(machineId, { exitCode: null, signal });
      die(machineId);
    },
    kill: async (machineId) => die(machineId),
    pause: async (machineId) => {
      alive(machineId).state = 'paused';
      egress.cutOff(machineId);
    },
    resume: async (machineId) => {
      alive(machineId).state = 'running';
    },
    async run(machineId, { process }) {
      alive(machineId);
      return options.run?.(machineId, process.argv) ?? HANDLED;
    },
    async exec(machineId) {
      alive(machineId);
      return new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    },
    logs: (machineId, query) => readLines(() => host.logs.get(machineId) ?? [], query),
    console: async () => '',
    async remove(machineId, { logs }) {
      die(machineId);
      host.machines.delete(machineId);
      if (logs) host.logs.delete(machineId);
    },
    list: async () => [...host.machines.keys()].sort(),
    onEvent(listener) {
      own.add(listener);
      host.listeners.add(listener);
      return () => {
        own.delete(listener);
        host.listeners.delete(listener);
      };
    },
    async close() {
      for (const listener of own) host.listeners.delete(listener);
      egress.cutOff();
    },
  };
}

function handlerOf(request: MachineRequest, options: FakeMachinesOptions): RequestListener {
  return (incoming, response) => {
    if (options.handler !== undefined) return options.handler(incoming, response, request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ machineId: request.machineId }));
  };
}

function inspection(machine: FakeMachine | undefined): MachineInspection {
  if (machine === undefined) return { state: 'absent', endpoints: new Map() };
  if (machine.state === 'exited') return { state: 'exited', endpoints: new Map() };
  return {
    state: machine.state,
    pid: 1,
    startedAtMs: machine.startedAtMs,
    endpoints: new Map([[machine.request.port, { host: '127.0.0.1', port: machine.port }]]),
    usage: { memoryBytes: 2 ** 20, cpuMs: 1 },
  };
}

async function* readLines(lines: () => LogRecord[], query: LogQuery): AsyncIterable<LogRecord> {
  const { afterSeq = 0, sinceMs = 0 } = query;
  const kept = lines().filter(({ seq, time }) => seq > afterSeq && Date.parse(time) >= sinceMs);
  const first = query.tail === undefined ? kept : kept.slice(-query.tail || kept.length);
  let next = lines().length;
  yield* first;
  while (query.follow === true && query.signal?.aborted !== true) {
    for (; next < lines().length; next++) {
      const line = lines()[next];
      if (line !== undefined) yield line;
    }
    await sleep(10);
  }
}
