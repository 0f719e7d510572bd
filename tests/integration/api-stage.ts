/**
 * swarmd as it is put together, listening for real, with a real store, fleet, deployer and
 * gateway; only machines and images are fakes, so that a deployment takes milliseconds.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccess, ensureRootToken } from '../../src/access/access.ts';
import { type ApiParts, createApi, createRefusalLimiter, STREAM_TIMES } from '../../src/api/api.ts';
import { type Audit, openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { createClient, type SwarmClient } from '../../src/contracts/client.ts';
import type { DeployBody } from '../../src/contracts/requests.ts';
import { type Cost, openCost } from '../../src/cost/cost.ts';
import { createDeployer } from '../../src/deploy/deploy.ts';
import { createHostResolver, openEgressPolicies } from '../../src/egress/egress.ts';
import { createFleet, type Fleet } from '../../src/fleet/fleet.ts';
import type { Image, Images } from '../../src/images/images.ts';
import {
  createFakeMachines,
  type FakeMachines,
  type FakeMachinesOptions,
} from '../../src/machines/machines.ts';
import { closeServer, createHttpServer, listen } from '../../src/main/http-server.ts';
import { Late } from '../../src/main/late.ts';
import { openActivity } from '../../src/main/open-activity.ts';
import { packageRoot } from '../../src/main/version.ts';
import { createFleetGateway } from '../../src/main/workload.ts';
import { openSecrets, type Secrets } from '../../src/secrets/secrets.ts';
import { createStore, type Store } from '../../src/store/store.ts';

export interface ApiStage {
  readonly url: string;
  /** The root token. */
  readonly token: string;
  readonly client: SwarmClient;
  readonly machines: FakeMachines;
  readonly images: FakeImages;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly audit: Audit;
  readonly cost: Cost;
  readonly secrets: Secrets;
  readonly home: string;
  /** One request with the root token, unless `headers` say otherwise. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Deploys an image and waits until it serves. */
  deploy(name: string, spec?: Partial<DeployBody['manifest']['spec']>): Promise<void>;
  /** Connections that are open at the server. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly headers?: Record<string, string>;
  readonly body?: string | object;
  /** null: none. */
  readonly token?: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came.
  readonly json: any;
}

export interface FakeImages extends Images {
  readonly uploads: Map<string, Buffer>;
  /** While set, resolving waits for it. */
  hold: Promise<void> | undefined;
}

export async function openApiStage(
  options: {
    machines?: FakeMachinesOptions;
    maxConnections?: number;
    parts?: Partial<Pick<ApiParts, 'limits' | 'streamTimes' | 'clock' | 'egress'>>;
  } = {},
): Promise<ApiStage> {
  const home = await mkdtemp(join(tmpdir(), 'swarm-api-'));
  const log = silentLogger;
  const clock = options.parts?.clock ?? systemClock;
  const store = await createStore({ path: join(home, 'swarm.db'), log });
  const access = await createAccess({ store, clock });
  await ensureRootToken(access, { path: join(home, 'token'), nowMs: clock.nowMs() });
  const token = (await readFile(join(home, 'token'), 'utf8')).trim();
  const audit = await openAudit({ dir: join(home, 'audit'), store, log, clock });
  const trail = audit.trail(DEFAULT_WORKSPACE);
  const secrets = await openSecrets({
    ...{ store, clock, log, rootKeyPath: join(home, 'root.key') },
    trail: (workspaceId) => audit.trail(workspaceId),
  });
  const cost = await openCost({
    ...{ store, clock, log, costLog: audit.search },
    trailOf: (workspaceId) => audit.trail(workspaceId),
  });
  const machines = createFakeMachines(options.machines);
  const images = createFakeImages();
  const lateFleet = new Late<Fleet>('fleet');
  const { gateway, attach } = createFleetGateway(lateFleet, { log, clock, trail });
  let url = '';
  const fleet = createFleet({
    ...{ store, machines, images, log, trail },
    drain: gateway.drained,
    agentUrl: (name) => `${url}/agents/${name}/`,
  });
  lateFleet.set(fleet);
  attach();
  const deployer = createDeployer({ store, fleet, images, machines, log, trail });
  const policies = await openEgressPolicies({
    ...{ store: store.egressRules, clock },
    trail: (workspaceId) => audit.trail(workspaceId),
  });
  const activity = openActivity({ audit, cost, clock, log, fleet: () => fleet });
  const api = createApi({
    activity,
    egress: { policies, resolver: createHostResolver({ clock }) },
    ...{ access, fleet, deployer, machines, images, secrets, cost, clock, log, audit },
    refusals: createRefusalLimiter(trail, clock),
    idempotency: store.idempotency,
    system: {
      describe: () => ({
        ...{ version: '0.0.0', pid: process.pid, startedAt: new Date(0).toISOString(), home },
        ...{ driver: 'qemu', acceleration: 'tcg', network: 'user' },
        audit: { available: true, reason: null, problem: null },
      }),
      readiness: () => ({ ready: true, parts: [] }),
      stop: () => undefined,
    },
    limits: { maxUploadBytes: 1_000_000, maxBodyBytes: 100_000, bodyTimeoutMs: 60_000 },
    allowedHosts: [],
    dashboardDir: join(home, 'dashboard'),
    openApiPath: join(packageRoot, 'docs', 'openapi.json'),
    streamTimes: STREAM_TIMES,
    newRequestId: () => newId('req'),
    ...options.parts,
  });
  const server = createHttpServer({
    ...{ api, access, gateway, log },
    checkReady: () => undefined,
    ...{ allowedHosts: [], maxConnections: options.maxConnections ?? 10_000 },
  });
  url = await listen(server, { host: '127.0.0.1', port: 0 });
  await fleet.start();
  await deployer.recover();
  const client = createClient({ url, token });

  return {
    ...{ url, token, client, machines, images, store, fleet, audit, secrets, cost, home },
    call: (method, path, callOptions) => call(`${url}${path}`, { method, token, ...callOptions }),
    async deploy(name, spec) {
      const deployment = await client.deploy(deployBody(name, spec));
      const { deployment: ended } = await client.waitForDeployment(deployment.id, {
        timeoutMs: 20_000,
      });
      if (ended.state !== 'succeeded') throw new Error(`not deployed: ${ended.error?.detail}`);
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async close() {
      api.close();
      await closeServer(server, { timeoutMs: 500 });
      await activity.close();
      await deployer.close();
      await fleet.close();
      await gateway.close();
      for (const machineId of await machines.list()) machines.die(machineId);
      await machines.close();
      await secrets.close();
      await cost.close();
      await audit.close();
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export function deployBody(
  name: string,
  spec: Partial<DeployBody['manifest']['spec']> = {},
): DeployBody {
  return {
    manifest: {
      apiVersion: 'swarm/v1',
      kind: 'Agent',
      metadata: { name },
      spec: { image: 'desk:1', health: { type: 'tcp', interval: '500ms' }, ...spec },
    },
    source: { type: 'image', reference: 'desk:1' },
  };
}

async function call(url: string, options: CallOptions & { method: string }): Promise<Answer> {
  const isText = typeof options.body === 'string';
  const answer = await fetch(url, {
    method: options.method,
    headers: {
      ...(options.token !== null && { authorization: `Bearer ${options.token}` }),
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && {
      body: isText ? (options.body as string) : JSON.stringify(options.body),
    }),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson && !text.includes('\n') ? JSON.parse(text) : undefined,
  };
}

function createFakeImages(): FakeImages {
  const uploads = new Map<string, Buffer>();
  const made = new Map<string, Image>();
  return {
    uploads,
    hold: undefined,
    async resolve(source, { signal, onStep, onLog }) {
      onStep({ name: 'pull', fraction: 0.5 });
      onLog('a line of the build');
      if (this.hold !== undefined)
        await Promise.race([this.hold, new Promise((_, reject) => onAbort(signal, reject))]);
      signal.throwIfAborted();
      const name = source.type === 'image' ? source.reference : source.type;
      const digest = `sha256:${createHash('sha256').update(name).digest('hex')}`;
      const image: Image = {
        digest,
        config: {
          ...{ entrypoint: ['/agent'], cmd: [], env: ['FROM_IMAGE=1'], user: '', workingDir: '/' },
          ...{ exposedPorts: [8080], stopSignal: '' },
        },
        rootfsPath: '/nowhere/rootfs.erofs',
        rootfsBytes: 4096,
        origin: `image ${name}`,
      };
      made.set(digest, image);
      return image;
    },
    find: async (digest) => made.get(digest),
    list: async () => [...made.values()],
    async receiveUpload(body) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const uploadId = newId('upl');
      uploads.set(uploadId, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { uploadId, sha256, bytes: bytes.length };
    },
    collect: async () => ({ removed: [], freedBytes: 0 }),
    close: async () => undefined,
  };
}

function onAbort(signal: AbortSignal, reject: (reason: unknown) => void): void {
  signal.addEventListener('abort', () => reject(signal.reason));
}
