import { Pool } from 'undici';
import type { RouteTarget } from '../contracts/route.ts';

export interface ConnectionLimits {
  readonly connectTimeoutMs: number;
  /** From the call's last byte to the answer's headers. */
  readonly firstByteTimeoutMs: number;
  /** Between two chunks of an answer; of either side of an upgraded connection. */
  readonly idleTimeoutMs: number;
  /**
   * An unused connection is closed after this: shorter than any usual server's own limit, so that
   * a call is hardly ever written to a connection that the agent is closing (see forward-call.ts).
   * An agent that tells its limit (`Keep-Alive: timeout=N`) is believed, less a second.
   */
  readonly keepAliveMs: number;
  /** Of an answer: status line and all headers. */
  readonly maxHeaderBytes: number;
}

/** The most that an agent's own Keep-Alive is believed. */
const KEEP_ALIVE_MAX_MS = 60_000;
/** How long a machine that refused a connection is taken last. */
const AVOID_MS = 1_000;

/** A call in flight: its run, and its own span in it. */
export interface RunningCall {
  readonly run: string;
  readonly span: string;
}

/** The calls in flight on one machine, and the connections that carry them. */
export class MachineCalls {
  readonly machineId: string;
  readonly limits: ConnectionLimits;
  replica: number;
  host: string;
  port: number;
  pool: Pool;
  inFlight = 0;
  avoidUntilMs = 0;
  /** No route leads here any more. */
  retired = false;
  readonly running = new Set<RunningCall>();
  readonly #idleListeners = new Set<() => void>();

  constructor(target: RouteTarget, limits: ConnectionLimits) {
    this.machineId = target.machineId;
    this.replica = target.replica;
    this.host = target.host;
    this.port = target.port;
    this.limits = limits;
    this.pool = openPool(target, limits);
  }

  /** Takes up a new endpoint; calls in flight end on the old one. */
  follow(target: RouteTarget): void {
    this.replica = target.replica;
    if (target.host === this.host && target.port === this.port) return;
    void this.pool.close().catch(() => undefined);
    this.host = target.host;
    this.port = target.port;
    this.pool = openPool(target, this.limits);
  }

  connectFailed(nowMs: number): void {
    this.avoidUntilMs = nowMs + AVOID_MS;
  }

  take(call: RunningCall | undefined): void {
    this.inFlight++;
    if (call !== undefined) this.running.add(call);
  }

  release(call: RunningCall | undefined): void {
    this.inFlight--;
    if (call !== undefined) this.running.delete(call);
    if (this.inFlight > 0) return;
    for (const listener of [...this.#idleListeners]) listener();
  }

  /** True once no call is in flight; false when the time ran out first. */
  idle(timeoutMs: number): Promise<boolean> {
    if (this.inFlight === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (idle: boolean) => {
        clearTimeout(timer);
        this.#idleListeners.delete(onIdle);
        resolve(idle);
      };
      const onIdle = () => settle(true);
      const timer = setTimeout(settle, timeoutMs, false);
      this.#idleListeners.add(onIdle);
    });
  }

  /** Breaks the calls still in flight. */
  async destroy(): Promise<void> {
    await this.pool.destroy().catch(() => undefined);
  }
}

function openPool(target: RouteTarget, limits: ConnectionLimits): Pool {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return new Pool(`http://${host}:${target.port}`, {
    pipelining: 1,
    allowH2: false,
    autoSelectFamily: false,
    connect: { timeout: limits.connectTimeoutMs },
    headersTimeout: limits.firstByteTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    keepAliveTimeoutThreshold: 1_000,
    maxHeaderSize: limits.maxHeaderBytes,
  });
}
