/** The way out of the machines: every connection that a process in one of them opens comes here. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type {
  Egress,
  EgressCallers,
  EgressConnection,
  PlaceholderSource,
  Spending,
} from '../contracts/egress.ts';
import type { Trail } from '../contracts/trail.ts';
import { meterCall, needsBody } from './metering/metering.ts';
import { createHostResolver, type HostResolver } from './policy/resolve-host.ts';
import { Authorities, type AuthorityStore } from './proxy/authority.ts';
import { ownerOf } from './proxy/caller-facts.ts';
import type { GuestConnection } from './proxy/guest-request.ts';
import { HeldBodies } from './proxy/held-bodies.ts';
import { HttpFront } from './proxy/http-front.ts';
import { openTunnel } from './proxy/open-tunnel.ts';
import {
  DEFAULT_LIMITS,
  type Meter,
  type ProxyContext,
  type ProxyLimits,
} from './proxy/proxy-context.ts';
import { Refusals } from './proxy/refusals.ts';
import { isHostName } from './proxy/request-target.ts';
import { Matchers } from './proxy/scrubber.ts';
import { type ConnectTo, Upstreams } from './proxy/upstreams.ts';

export * from './policy/policy.ts';
export type { AuthorityStore, StoredAuthority } from './proxy/authority.ts';
export { DEFAULT_LIMITS, type Meter, type ProxyLimits } from './proxy/proxy-context.ts';

export interface EgressOptions {
  readonly callers: EgressCallers;
  readonly placeholders: PlaceholderSource;
  readonly spending: Spending;
  readonly trailOf: (workspaceId: string) => Trail;
  readonly authorities: AuthorityStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<ProxyLimits>;
  /** Default: metering of this area. */
  readonly meter?: Meter;
  /** Default: of this area, with the system's DNS. */
  readonly resolver?: HostResolver;
  /** PEM of authorities that are trusted beside the system's. */
  readonly trusted?: readonly string[];
  /** For tests: where a checked address and port really are. */
  readonly connect?: ConnectTo;
}

export interface WayOut extends Egress {
  /** Loads or makes a workspace's authority: before its first machine starts. Idempotent. */
  prepare(workspaceId: string): Promise<void>;
}

const SWEEP_MS = 5_000;

export function createEgress(options: EgressOptions): WayOut {
  return new ProxyEgress(options);
}

class ProxyEgress implements WayOut {
  readonly #context: ProxyContext;
  readonly #front: HttpFront;
  readonly #connections = new Map<string, Set<GuestConnection>>();
  readonly #sweeper: NodeJS.Timeout;
  #closed = false;

  constructor(options: EgressOptions) {
    const { callers, placeholders, spending, trailOf, clock, log } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#context = {
      ...{ callers, placeholders, spending, trailOf, clock, log, limits },
      meter: options.meter ?? { needsBody, meterCall },
      resolver: options.resolver ?? createHostResolver({ clock }),
      authorities: new Authorities({ store: options.authorities, clock }),
      upstreams: new Upstreams({
        ...{ limits, connectTo: options.connect, authorities: options.trusted },
      }),
      matchers: new Matchers(),
      refusals: new Refusals({ trailOf, clock }),
      bodies: new HeldBodies(limits),
    };
    this.#front = new HttpFront(this.#context, (tunnel) => {
      void openTunnel(this.#context, { tunnel: { ...tunnel, via: 'tunnel' }, front: this.#front });
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  prepare(workspaceId: string): Promise<void> {
    return this.#context.authorities.prepare(workspaceId);
  }

  authority(workspaceId: string): string {
    return this.#context.authorities.pem(workspaceId);
  }

  accept({ machineId, kind, port, name, stream }: EgressConnection): void {
    stream.on('error', () => undefined);
    if (stream instanceof Socket) stream.setNoDelay(true);
    const connection = this.#open(machineId, stream);
    if (connection === undefined) {
      stream.destroy();
      return;
    }
    if (kind === 'proxy') {
      const leg = {
        via: 'proxy',
        scheme: 'http',
        host: undefined,
        port,
        serverName: undefined,
      } as const;
      this.#front.take(stream, { connection, leg });
      return;
    }
    const lower = name?.toLowerCase();
    const host = lower !== undefined && isHostName(lower) ? lower : undefined;
    const tunnel = { connection, stream, via: 'captured', host, port } as const;
    void openTunnel(this.#context, { tunnel, front: this.#front });
  }

  cutOff(agent: { readonly workspaceId: string; readonly agent: string }): void {
    const owner = ownerOf(agent);
    for (const connections of this.#connections.values())
      for (const { caller, stream } of connections) if (ownerOf(caller) === owner) stream.destroy();
    this.#context.upstreams.cutOff(owner);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const connections of this.#connections.values())
      for (const { stream } of connections) stream.destroy();
    await this.#context.upstreams.close();
    this.#context.refusals.close();
  }

  #open(machineId: string, stream: Duplex): GuestConnection | undefined {
    const caller = this.#context.callers.find(machineId);
    const open = this.#connections.get(machineId) ?? new Set();
    if (this.#closed || caller === undefined || stream.destroyed) return undefined;
    if (open.size >= this.#context.limits.maxConnections) return undefined;
    const connection = { caller, stream, lastActiveMs: performance.now(), busy: 0 };
    open.add(connection);
    this.#connections.set(machineId, open);
    stream.once('close', () => {
      open.delete(connection);
      if (open.size === 0) this.#connections.delete(machineId);
    });
    return connection;
  }

  /** Every connection ends that says nothing for too long, and those of machines that are gone. */
  #sweep(): void {
    const { callers, limits } = this.#context;
    const nowMs = performance.now();
    const busyMs = Math.max(limits.firstByteTimeoutMs, limits.idleTimeoutMs);
    for (const [machineId, connections] of this.#connections) {
      const gone = callers.find(machineId) === undefined;
      for (const { stream, busy, lastActiveMs } of connections)
        if (gone || nowMs - lastActiveMs > (busy > 0 ? busyMs : limits.unusedTimeoutMs))
          stream.destroy();
    }
  }
}
