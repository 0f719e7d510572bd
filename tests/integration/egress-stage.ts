/** A way out on loopback: upstreams with certificates of their own authority, and a machine. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type createSecureContext, type TLSSocket } from 'node:tls';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import type {
  EgressCaller,
  MeteredUsage,
  Reservation,
  Spending,
  SpendRefusal,
  UsableSecret,
} from '../../src/contracts/egress.ts';
import type { EgressPolicy } from '../../src/contracts/egress-policy.ts';
import { egressRule } from '../../src/contracts/egress-policy.ts';
import { DEFAULT_PAYLOAD_POLICY, type PayloadPolicy } from '../../src/contracts/trail.ts';
import { createEgress, type EgressOptions, type WayOut } from '../../src/egress/egress.ts';
import { createHostResolver } from '../../src/egress/policy/resolve-host.ts';
import { Authorities, type StoredAuthority } from '../../src/egress/proxy/authority.ts';
import { type FakeEvent, FakeTrail } from '../../src/gateway/trail-fake.ts';

export const MACHINE = 'mch_test';
export const CALLER: EgressCaller = {
  workspaceId: 'wsp_test',
  agent: 'bot',
  revision: 3,
  replica: 1,
  machineId: MACHINE,
};

/** The authority of the upstreams: real certificates, made for each test file. */
class UpstreamAuthority {
  readonly #stored = new Map<string, StoredAuthority>();
  readonly authorities = new Authorities({
    clock: { nowMs: () => Date.now() },
    store: {
      load: async (id) => this.#stored.get(id),
      save: async (id, stored) => void this.#stored.set(id, stored),
    },
  });
}

export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** Connections that were opened to it. */
  connections: number;
  /** Bytes that it got, over all of them, after TLS. */
  bytes: number;
}

export interface Stage extends AsyncDisposable {
  readonly egress: WayOut;
  readonly trail: FakeTrail;
  readonly secrets: Map<string, UsableSecret>;
  readonly settled: (MeteredUsage | undefined)[];
  readonly reserved: Parameters<Spending['reserve']>[0][];
  /** PEM that the machine trusts. */
  readonly authority: string;
  policy: EgressPolicy;
  payloads: PayloadPolicy;
  refuseSpending: SpendRefusal | undefined;
  /** A TLS server (HTTP/1.1, or both with `h2`) under a name at port 443 of the outside. */
  serve(host: string, handler: RequestListener, how?: ServeOptions): Promise<Upstream>;
  /** A server of bare bytes. */
  serveRaw(host: string, port: number, handler: (socket: Socket) => void): Promise<Upstream>;
  /** The guest's end of a connection to the explicit proxy. */
  proxy(): Duplex;
  /** The guest's end of one that was captured. */
  captured(name: string | undefined, port: number): Duplex;
  /** A TCP port that leads to the explicit proxy, for programs. */
  proxyPort(): Promise<number>;
  /** TLS over a CONNECT, or over a captured connection. */
  tls(host: string, how?: TlsOptions): Promise<TLSSocket>;
  events(count: number): Promise<readonly FakeEvent[]>;
}

export interface ServeOptions {
  readonly port?: number;
  readonly plain?: boolean;
  readonly h2?: boolean;
  /** A certificate of nobody that is trusted. */
  readonly untrusted?: boolean;
  /** Its certificate is for this name, whatever it is asked for. */
  readonly named?: string;
  readonly onServer?: (server: Server | Http2SecureServer) => void;
}

export interface TlsOptions {
  readonly port?: number;
  readonly via?: 'connect' | 'captured';
  readonly serverName?: string;
}

export function allow(...rules: (string | Record<string, unknown>)[]): EgressPolicy {
  return {
    mode: 'enforce',
    rules: rules.map((rule) => egressRule.parse(typeof rule === 'string' ? { host: rule } : rule)),
  };
}

export async function createStage(options: Partial<EgressOptions> = {}): Promise<Stage> {
  const outside = new UpstreamAuthority();
  await outside.authorities.prepare('outside');
  await outside.authorities.prepare('nobody');
  const trail = new FakeTrail();
  const secrets = new Map<string, UsableSecret>();
  const settled: (MeteredUsage | undefined)[] = [];
  const reserved: Parameters<Spending['reserve']>[0][] = [];
  const places = new Map<string, number>();
  const closers: (() => Promise<void> | void)[] = [];
  const stored = new Map<string, StoredAuthority>();
  const state = {
    policy: allow(),
    payloads: DEFAULT_PAYLOAD_POLICY,
    refuseSpending: undefined as SpendRefusal | undefined,
  };
  const clock = { nowMs: () => Date.now() };
  const reserve = (call: Parameters<Spending['reserve']>[0]): Reservation | SpendRefusal => {
    if (state.refuseSpending !== undefined) return state.refuseSpending;
    reserved.push(call);
    let done = false;
    return {
      settle(usage) {
        if (done) throw new Error('settled twice');
        done = true;
        settled.push(usage);
        return usage?.tokens === undefined
          ? {}
          : { cost: { amount: '0.01', currency: 'USD', prices: 'test' } };
      },
    };
  };
  const egress = createEgress({
    callers: {
      find: (id) => (id === MACHINE ? CALLER : undefined),
      policy: () => state.policy,
      payloadPolicy: () => state.payloads,
      run: (_caller, trace) =>
        trace === undefined ? undefined : { ...trace, certain: true, budgetRun: trace.run },
    },
    placeholders: {
      resolve: (id, text) => (id === MACHINE ? secrets.get(text) : undefined),
      values: () => [...secrets.values()].map(({ name, value }) => ({ name, value })),
      used: () => undefined,
    },
    spending: { paused: () => undefined, reserve },
    trailOf: () => trail,
    authorities: {
      load: async (id) => stored.get(id),
      save: async (id, authority) => void stored.set(id, authority),
    },
    clock,
    log: silentLogger,
    trusted: [outside.authorities.pem('outside')],
    resolver: createHostResolver({
      clock,
      lookup: async () => ({ addresses: ['93.184.216.34'], ttlSeconds: 60 }),
    }),
    connect: ({ host, port }) => ({
      address: '127.0.0.1',
      port: places.get(`${host}:${port}`) ?? 1,
    }),
    ...options,
  });
  await egress.prepare(CALLER.workspaceId);
  const guests = new Set<Duplex>();

  /** What the next connections stand for: they are accepted in the order in which they are made. */
  const waiting: { kind: 'proxy' | 'captured'; name: string | undefined; port: number }[] = [];
  const door = createNetServer((stream) => {
    const { kind, name, port } = waiting.shift() ?? { kind: 'proxy', name: undefined, port: 0 };
    egress.accept({ machineId: MACHINE, kind, port, stream, ...(name !== undefined && { name }) });
  });
  const doorPort = await listen(door);

  function open(kind: 'proxy' | 'captured', name: string | undefined, port: number): Duplex {
    waiting.push({ kind, name, port });
    const guest = connect(doorPort, '127.0.0.1');
    guest.on('error', () => undefined);
    guests.add(guest);
    return guest;
  }

  async function listen(
    server:
      | Server
      | Socket['server' & never]
      | ReturnType<typeof createNetServer>
      | Http2SecureServer,
  ) {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    return (server.address() as AddressInfo).port;
  }

  const stage: Stage = {
    egress,
    trail,
    secrets,
    settled,
    reserved,
    authority: egress.authority(CALLER.workspaceId),
    get policy() {
      return state.policy;
    },
    set policy(policy) {
      state.policy = policy;
    },
    get payloads() {
      return state.payloads;
    },
    set payloads(payloads) {
      state.payloads = payloads;
    },
    get refuseSpending() {
      return state.refuseSpending;
    },
    set refuseSpending(refusal) {
      state.refuseSpending = refusal;
    },
    async serve(host, handler, how = {}) {
      const port = how.port ?? (how.plain ? 80 : 443);
      const upstream: Upstream = { host, port, connections: 0, bytes: 0 };
      const by = how.untrusted ? 'nobody' : 'outside';
      const SNICallback = (
        name: string,
        done: (error: Error | null, context?: ReturnType<typeof createSecureContext>) => void,
      ) => {
        outside.authorities.contextFor(by, how.named ?? (name || host)).then(
          (context) => done(null, context),
          (error: Error) => done(error),
        );
      };
      const server = how.plain
        ? createServer(handler)
        : how.h2
          ? createSecureServer({ allowHTTP1: true, SNICallback }, handler as never)
          : createTlsServer({ SNICallback }, handler);
      server.on(how.plain ? 'connection' : 'secureConnection', (socket: Socket) => {
        upstream.connections++;
        const { emit } = socket;
        socket.emit = function (this: Socket, name: string, ...rest: unknown[]) {
          if (name === 'data') upstream.bytes += (rest[0] as Buffer).length;
          return emit.call(this, name, ...rest);
        } as Socket['emit'];
      });
      how.onServer?.(server as Server);
      places.set(`${host}:${port}`, await listen(server as Server));
      return upstream;
    },
    async serveRaw(host, port, handler) {
      const upstream: Upstream = { host, port, connections: 0, bytes: 0 };
      const server = createNetServer((socket) => {
        upstream.connections++;
        socket.on('data', (chunk) => {
          upstream.bytes += chunk.length;
        });
        handler(socket);
      });
      places.set(`${host}:${port}`, await listen(server));
      return upstream;
    },
    proxy: () => open('proxy', undefined, 0),
    captured: (name, port) => open('captured', name, port),
    async proxyPort() {
      const server = createNetServer((stream) =>
        egress.accept({ machineId: MACHINE, kind: 'proxy', port: 0, stream }),
      );
      return listen(server);
    },
    async tls(host, { port = 443, via = 'connect', serverName = host } = {}) {
      const stream =
        via === 'captured' ? open('captured', host, port) : open('proxy', undefined, 0);
      if (via === 'connect') {
        stream.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
        const head = await readHead(stream);
        if (!head.startsWith('HTTP/1.1 200')) throw new Error(head);
      }
      const secured = connectTls({
        ...{ socket: stream as Socket, servername: serverName, ca: this.authority },
        ALPNProtocols: ['http/1.1'],
      });
      secured.on('error', () => undefined);
      await new Promise<void>((resolve, reject) => {
        secured.once('secureConnect', resolve);
        secured.once('error', reject);
        secured.once('close', () => reject(new Error('closed in the handshake')));
      });
      return secured;
    },
    async events(count) {
      const all = () => [
        ...trail.events,
        ...trail.notes.map((draft): FakeEvent => ({ phase: 'whole', draft })),
      ];
      await waitUntil(
        () =>
          all().length >= count &&
          trail.events.every(({ phase, outcome }) => phase === 'whole' || outcome !== undefined),
        { timeoutMs: 5_000, intervalMs: 5 },
      );
      return all();
    },
    async [Symbol.asyncDispose]() {
      for (const guest of guests) guest.destroy();
      await egress.close();
      for (const close of closers) await close();
    },
  };
  return stage;
}

/** Up to and without the empty line; what follows stays in the stream. */
export function readHead(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) return;
      stream.off('data', read);
      stream.pause();
      if (bytes.length > end + 4) stream.unshift(bytes.subarray(end + 4));
      resolve(bytes.toString('latin1', 0, end));
    };
    stream.on('data', read);
    stream.once('close', () => reject(new Error(`closed: ${bytes.toString('latin1')}`)));
  });
}

/** Everything until the other side ends, or nothing comes for `quietMs`. */
export function readAll(stream: Duplex, quietMs = 1_000): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    };
    const timer = setTimeout(done, quietMs);
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      timer.refresh();
    });
    stream.on('end', done);
    stream.on('close', done);
  });
}

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
}

/** Sends bytes and reads one answer that ends with the connection (send `Connection: close`). */
export async function exchange(stream: Duplex, request: string | Buffer): Promise<Answer> {
  stream.write(request);
  const all = await readAll(stream, 3_000);
  const end = all.indexOf('\r\n\r\n');
  const head = all.toString('latin1', 0, end === -1 ? all.length : end);
  const raw = end === -1 ? Buffer.alloc(0) : all.subarray(end + 4);
  const body = /\r\ntransfer-encoding: chunked/i.test(head) ? unchunk(raw) : raw;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body };
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}
