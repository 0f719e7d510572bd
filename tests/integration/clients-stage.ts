/**
 * The way out as programs meet it: the environment of a machine, the proxy with interception and a
 * real audit log and real prices behind it, and servers of models, tools and Git on TLS.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { egressRule } from '../../src/contracts/egress-policy.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import {
  EGRESS_PROXY_PORT,
  GUEST_AUTHORITY_BUNDLE_PATH,
  GUEST_AUTHORITY_PATH,
} from '../../src/contracts/guest.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { openCost, type WorkspaceCost } from '../../src/cost/cost.ts';
import { createEgress } from '../../src/egress/egress.ts';
import { createHostResolver } from '../../src/egress/policy/resolve-host.ts';
import { Authorities } from '../../src/egress/proxy/authority.ts';
import { egressEnvironment } from '../../src/machines/egress-environment.ts';
import { createStore } from '../../src/store/store.ts';
import { type ModelProviders, startModelProviders } from './providers/model-providers.ts';

/** What the upstreams want, and no client is ever given. */
export const KEY = 'sk-real-0123456789abcdefghijklmnopqrstuv';
export const PLACEHOLDER = `swsec_${'abcdefghijklmnopqrstuvwxyz'.repeat(2)}`;
export const MODEL_HOSTS = [
  ...(['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com'] as const),
];

const log = silentLogger;
const clock = systemClock;
const execute = promisify(execFile);
const CLIENT_TIMEOUT_MS = 30_000;

export interface ClientsStage extends AsyncDisposable {
  readonly providers: ModelProviders;
  readonly cost: WorkspaceCost;
  readonly proxyPort: number;
  /** PEM that clients trust. */
  readonly authority: string;
  /** For files of the clients. */
  readonly folder: string;
  /** TLS in front of a plain server. @returns the headers of what came, newest last */
  serve(host: string, origin: string): Promise<readonly IncomingHttpHeaders[]>;
  /** In the environment of a machine, and no other. @returns what it wrote, which has no KEY in it */
  run(command: readonly string[], env?: Record<string, string>): Promise<string>;
  /** Whole calls since this was last asked, in their order. */
  calls(count: number): Promise<readonly EventResource[]>;
}

export async function openClientsStage(): Promise<ClientsStage> {
  const undo = new AsyncDisposableStack();
  try {
    return await openWith(undo);
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

async function openWith(undo: AsyncDisposableStack): Promise<ClientsStage> {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-clients-'));
  undo.defer(() => rmSync(folder, { recursive: true, force: true }));
  const outside = await upstreamCertificates();
  const places = new Map<string, number>();

  const providers = await startModelProviders({ apiKey: KEY, tls: outside.tls });
  undo.defer(() => providers.close());
  for (const host of MODEL_HOSTS) places.set(host, providers.port);

  const store = await createStore({ path: join(folder, 'swarm.db'), log });
  undo.defer(() => store.close());
  const audit = await openAudit({ dir: join(folder, 'audit'), store, log, clock });
  undo.defer(() => audit.close());
  const trailOf = (workspaceId: string) => audit.trail(workspaceId);
  const cost = await openCost({ ...{ store, clock, log, trailOf }, costLog: audit.search });
  undo.defer(() => cost.close());

  const caller = {
    ...{ workspaceId: DEFAULT_WORKSPACE, agent: 'desk', revision: 1, replica: 0 },
    machineId: 'mch_clients',
  };
  const secret = { name: 'MODEL_API_KEY', version: 1, value: KEY };
  const headers = ['authorization', 'x-api-key', 'x-goog-api-key'];
  const egress = createEgress({
    callers: {
      find: () => caller,
      policy: () => ({
        mode: 'enforce',
        rules: [...places.keys()].map((host) => egressRule.parse({ host })),
      }),
      payloadPolicy: () => DEFAULT_PAYLOAD_POLICY,
      run: () => undefined,
    },
    placeholders: {
      resolve: (_machine, text) =>
        text === PLACEHOLDER ? { ...secret, hosts: [], headers, allowHttp: false } : undefined,
      values: () => [secret],
      used: () => undefined,
    },
    ...{ spending: cost.spending, trailOf, clock, log, trusted: [outside.pem] },
    authorities: { load: async () => undefined, save: async () => undefined },
    resolver: createHostResolver({
      clock,
      lookup: async () => ({ addresses: ['93.184.216.34'], ttlSeconds: 60 }),
    }),
    connect: ({ host }) => ({ address: '127.0.0.1', port: places.get(host) ?? 1 }),
  });
  undo.defer(() => egress.close());
  await egress.prepare(DEFAULT_WORKSPACE);
  const authorityPath = join(folder, 'authority.pem');
  writeFileSync(authorityPath, egress.authority(DEFAULT_WORKSPACE));
  const door = createServer((stream) =>
    egress.accept({ machineId: caller.machineId, kind: 'proxy', port: 0, stream }),
  );
  const proxyPort = await listen(door, undo);
  const environment = environmentWith({ folder, proxyPort, authorityPath });

  let told = 0;
  return {
    ...{ providers, folder, proxyPort },
    cost: cost.of(DEFAULT_WORKSPACE),
    authority: egress.authority(DEFAULT_WORKSPACE),
    async serve(host, origin) {
      const seen: IncomingHttpHeaders[] = [];
      const server = createTlsServer(outside.tls, (incoming, outgoing) => {
        seen.push(incoming.headers);
        const { method, headers } = incoming;
        const upstream = requestHttp(new URL(incoming.url ?? '/', origin), {
          ...{ method, headers: { ...headers, host: new URL(origin).host } },
        });
        upstream.on('response', (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          outgoing.flushHeaders();
          answer.pipe(outgoing);
          answer.on('error', () => outgoing.destroy());
        });
        upstream.on('error', () => outgoing.destroy());
        outgoing.on('close', () => upstream.destroy());
        incoming.pipe(upstream);
      });
      undo.defer(() => server.closeAllConnections());
      places.set(host, await listen(server, undo));
      return seen;
    },
    async run([program = '', ...args], env = {}) {
      const { stdout, stderr } = await execute(program, args, {
        ...{ cwd: folder, timeout: CLIENT_TIMEOUT_MS, env: { ...environment, ...env } },
      });
      if ((stdout + stderr).includes(KEY)) throw new Error('the client was told the real key');
      return stdout;
    },
    async calls(count) {
      let events: readonly EventResource[] = [];
      const ended = await waitUntil(
        async () => {
          const page = { order: 'asc', limit: 500 } as const;
          const terms = { kind: ['egress.call'] };
          const list = await audit.search.list(DEFAULT_WORKSPACE, terms, page);
          events = list.items.slice(told);
          return events.length >= count && events.every(({ status }) => status !== 'open');
        },
        { timeoutMs: 10_000, intervalMs: 20 },
      );
      if (ended === undefined) {
        const statuses = events.map(({ status }) => status).join(', ');
        throw new Error(`of ${count} calls, these: ${statuses}`);
      }
      told += events.length;
      return events;
    },
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  };
}

/** What a machine's processes get, with the places where it all is here. */
function environmentWith(at: {
  readonly folder: string;
  readonly proxyPort: number;
  readonly authorityPath: string;
}): Record<string, string> {
  const home = join(at.folder, 'home');
  mkdirSync(home);
  const moved = Object.entries(egressEnvironment()).map(([name, value]) => [
    name,
    value === GUEST_AUTHORITY_PATH || value === GUEST_AUTHORITY_BUNDLE_PATH
      ? at.authorityPath
      : value.replace(`:${EGRESS_PROXY_PORT}`, `:${at.proxyPort}`),
  ]);
  return {
    ...{ PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8' },
    ...Object.fromEntries(moved),
    ...{ OPENAI_API_KEY: PLACEHOLDER, ANTHROPIC_API_KEY: PLACEHOLDER },
  };
}

async function upstreamCertificates() {
  const authorities = new Authorities({
    clock,
    store: { load: async () => undefined, save: async () => undefined },
  });
  await authorities.prepare('outside');
  const SNICallback = (
    name: string,
    done: (error: Error | null, context?: SecureContext) => void,
  ): void => {
    authorities.contextFor('outside', name).then(
      (context) => done(null, context),
      (error: Error) => done(error, createSecureContext()),
    );
  };
  return { pem: authorities.pem('outside'), tls: { SNICallback } };
}

async function listen(server: Server, undo: AsyncDisposableStack): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
}
