/** One check of a machine's health. Whatever goes wrong is a result, never an exception. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { describeError } from '../base/errors.ts';
import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { Machines } from '../machines/machines.ts';
import type { HealthCheck, ProbeResult } from './health.ts';

/**
 * With user networking the host's side accepts a connection before the guest has: one that nobody
 * listens for is closed again within some milliseconds, so it must stay open for so long.
 */
const HELD_OPEN_MS = 100;
const MAX_COMMAND_OUTPUT_BYTES = 2048;
/** Of one request: a flood of them would keep swarmd busy for as long as the check may take. */
const MAX_INTERIM_ANSWERS = 16;

export interface ProbeOptions {
  readonly check: HealthCheck;
  readonly machines: Pick<Machines, 'endpoint' | 'run'>;
  readonly machineId: string;
  /** Ports that something in the guest listens on; undefined: not known. */
  readonly listening: readonly number[] | undefined;
  /** Whose environment, user and folder a command gets. */
  readonly process: GuestProcessSpec;
  readonly timeoutMs: number;
}

export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const { check } = options;
  try {
    switch (check.type) {
      case 'none':
        return { ok: true, detail: 'the process runs' };
      case 'command':
        return await probeCommand(options, check.argv);
      default:
        return await probePort(options, check);
    }
  } catch (error) {
    return { ok: false, detail: `the check did not work: ${describeError(error)}` };
  }
}

export function describeNobodyListens(port: number, listening: readonly number[] | undefined) {
  const others = (listening ?? []).slice(0, 10).join(', ');
  const elsewhere = others === '' ? '' : `; the process listens on ${others}`;
  return `nobody listens on port ${port}${elsewhere}`;
}

type PortCheck = Extract<HealthCheck, { type: 'http' | 'tcp' }>;

async function probePort(options: ProbeOptions, check: PortCheck): Promise<ProbeResult> {
  const { machines, machineId, listening } = options;
  if (listening !== undefined && !listening.includes(check.port))
    return {
      ok: false,
      nobodyListens: true,
      detail: describeNobodyListens(check.port, listening),
    };
  const endpoint = machines.endpoint(machineId, check.port);
  if (endpoint === undefined)
    return { ok: false, detail: `the host does not reach port ${check.port} of the machine` };
  const result = await (check.type === 'http'
    ? probeHttp({ ...check, ...endpoint, timeoutMs: options.timeoutMs })
    : probeTcp({ ...endpoint, timeoutMs: options.timeoutMs }));
  if (result !== 'refused') return result;
  if (listening === undefined)
    return { ok: false, nobodyListens: true, detail: describeNobodyListens(check.port, listening) };
  return {
    ok: false,
    nobodyListens: true,
    detail: `port ${check.port} refuses connections from outside the machine; the process may listen on 127.0.0.1 only`,
  };
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

const REFUSED_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

function isRefusal(error: NodeJS.ErrnoException): boolean {
  return REFUSED_CODES.has(error.code ?? '');
}

function probeTcp({ host, port, timeoutMs }: Address): Promise<ProbeResult | 'refused'> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: ProbeResult | 'refused') => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    let timer = setTimeout(
      () => finish({ ok: false, detail: `no connection within ${timeoutMs} ms` }),
      timeoutMs,
    );
    const open = () => finish({ ok: true, detail: 'the port accepts connections' });
    socket.on('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(open, HELD_OPEN_MS);
    });
    // A server that speaks first is one that listens.
    socket.on('data', open);
    socket.on('end', () => finish('refused'));
    socket.on('error', (error) =>
      finish(isRefusal(error) ? 'refused' : { ok: false, detail: describeError(error) }),
    );
  });
}

function probeHttp(
  target: Address & { readonly method: string; readonly path: string },
): Promise<ProbeResult | 'refused'> {
  const { host, port, method, path, timeoutMs } = target;
  const name = `${method} ${path}`;
  return new Promise((resolve) => {
    const finish = (result: ProbeResult | 'refused') => {
      clearTimeout(timer);
      outgoing.destroy();
      resolve(result);
    };
    const outgoing = request({
      host,
      port,
      method,
      path,
      agent: false,
      headers: { 'user-agent': 'swarm-health', connection: 'close' },
    });
    const timer = setTimeout(
      () => finish({ ok: false, detail: `${name} did not answer within ${timeoutMs} ms` }),
      timeoutMs,
    );
    let interim = 0;
    outgoing.on('information', () => {
      if (++interim > MAX_INTERIM_ANSWERS)
        finish({ ok: false, detail: `${name} was answered with interim answers without end` });
    });
    outgoing.on('response', ({ statusCode = 0 }) => {
      const ok = statusCode >= 200 && statusCode < 400;
      finish({ ok, detail: `${name} answered ${statusCode}` });
    });
    outgoing.on('error', (error) =>
      finish(isRefusal(error) ? 'refused' : { ok: false, detail: `${name}: ${error.message}` }),
    );
    outgoing.end();
  });
}

async function probeCommand(options: ProbeOptions, argv: readonly string[]): Promise<ProbeResult> {
  const { machines, machineId, process, timeoutMs } = options;
  const result = await machines.run(machineId, {
    process: { ...process, argv },
    timeoutMs,
    maxOutputBytes: MAX_COMMAND_OUTPUT_BYTES,
  });
  if (result.timedOut)
    return { ok: false, detail: `the health command did not end within ${timeoutMs} ms` };
  if (result.exitCode === 0) return { ok: true, detail: 'the health command succeeded' };
  const said = result.output.trim().slice(-300);
  const how = result.signal ?? `code ${result.exitCode}`;
  return { ok: false, detail: `the health command ended with ${how}${said && `: ${said}`}` };
}
