/**
 * Connections to the outside, kept alive between calls. Each pool belongs to one agent and leads to
 * one address that was checked: a name is resolved again for every call, never by a connection.
 */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import type { ProxyLimits } from './proxy-context.ts';

export interface Upstream {
  /** Workspace and agent: connections are not shared between them. */
  readonly owner: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Checked. */
  readonly address: string;
}

/** For tests: where a checked address really is. */
export type ConnectTo = (upstream: Upstream) => { readonly address: string; readonly port: number };

interface KeptPool {
  readonly pool: Pool;
  readonly owner: string;
  lastUsedMs: number;
}

const MAX_POOLS = 512;
/** Of connections to one address for one agent. */
const MAX_CONNECTIONS = 4_096;
/** An unused connection is closed after this: sooner than usual servers do. */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 60_000;
const UNUSED_MS = 120_000;
const SWEEP_MS = 30_000;

export class Upstreams {
  readonly #limits: ProxyLimits;
  readonly #connectTo: ConnectTo;
  readonly #authorities: readonly string[];
  readonly #pools = new Map<string, KeptPool>();
  readonly #sweeper: NodeJS.Timeout;
  #trusted: SecureContext | undefined;

  constructor(options: {
    readonly limits: ProxyLimits;
    readonly connectTo: ConnectTo | undefined;
    /** PEM of further authorities, beside the system's. */
    readonly authorities: readonly string[] | undefined;
  }) {
    this.#limits = options.limits;
    this.#connectTo = options.connectTo ?? (({ address, port }) => ({ address, port }));
    this.#authorities = options.authorities ?? [];
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  pool(upstream: Upstream): Pool {
    const { owner, scheme, host, port, address } = upstream;
    const key = `${owner} ${scheme} ${host} ${port} ${address}`;
    const kept = this.#pools.get(key) ?? { pool: this.#open(upstream), owner, lastUsedMs: 0 };
    kept.lastUsedMs = performance.now();
    this.#pools.delete(key);
    this.#pools.set(key, kept);
    if (this.#pools.size > MAX_POOLS) this.#sweep();
    return kept.pool;
  }

  /** For what is no call of undici: the address and port, with what TLS has to check. */
  endpoint(upstream: Upstream): {
    readonly address: string;
    readonly port: number;
    readonly secureContext: SecureContext;
  } {
    return { ...this.#connectTo(upstream), secureContext: this.#trust() };
  }

  /** Breaks what is in flight for an agent. */
  cutOff(owner: string): void {
    for (const [key, kept] of this.#pools) {
      if (kept.owner !== owner) continue;
      this.#pools.delete(key);
      void kept.pool.destroy().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(({ pool }) => pool.destroy().catch(() => undefined)));
  }

  #open(upstream: Upstream): Pool {
    const { scheme, host, port } = upstream;
    const limits = this.#limits;
    const secure = scheme === 'https';
    const connect = buildConnector({
      allowH2: secure,
      timeout: limits.connectTimeoutMs,
      // Said, because a variable of the host (NODE_TLS_REJECT_UNAUTHORIZED) is the default.
      ...(secure && { secureContext: this.#trust(), rejectUnauthorized: true }),
    });
    const pinned: buildConnector.connector = (options, callback) => {
      const to = this.#connectTo(upstream);
      const target = { ...options, hostname: to.address, port: String(to.port) };
      connect(secure ? { ...target, servername: host } : target, callback);
    };
    return new Pool(`${scheme}://${host}:${port}`, {
      connect: pinned,
      connections: MAX_CONNECTIONS,
      allowH2: secure,
      headersTimeout: limits.firstByteTimeoutMs,
      bodyTimeout: limits.idleTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      keepAliveTimeoutThreshold: 1_000,
      maxHeaderSize: limits.maxHeaderBytes,
    });
  }

  /** Read once: it is hundreds of certificates. */
  #trust(): SecureContext {
    this.#trusted ??= createSecureContext({
      ca: [
        ...new Set([...getCACertificates('default'), ...getCACertificates('system')]),
        ...this.#authorities,
      ],
    });
    return this.#trusted;
  }

  #sweep(): void {
    const unusedSince = performance.now() - UNUSED_MS;
    for (const [key, { pool, lastUsedMs }] of this.#pools) {
      const { running, pending, queued } = pool.stats;
      if (running + pending + queued > 0) continue;
      if (lastUsedMs > unusedSince && this.#pools.size <= MAX_POOLS) continue;
      this.#pools.delete(key);
      void pool.close().catch(() => undefined);
    }
  }
}
