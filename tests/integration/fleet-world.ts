/** A Swarm without VMMs: real store, fleet and deployer over fake machines and images. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { type Actor, DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { type Manifest, type ManifestInput, manifest } from '../../src/contracts/manifest.ts';
import type { DeploymentEvent, DeploymentResource } from '../../src/contracts/resources.ts';
import type { EventDraft } from '../../src/contracts/trail.ts';
import { createDeployer, type Deployer, type DeployerOptions } from '../../src/deploy/deploy.ts';
import { createFleet, type Fleet } from '../../src/fleet/fleet.ts';
import type { Image, Images } from '../../src/images/images.ts';
import {
  createFakeHost,
  createFakeMachines,
  type FakeHost,
  type FakeMachines,
  type FakeMachinesOptions,
} from '../../src/machines/machines.ts';
import { createStore, type Store } from '../../src/store/store.ts';

export const actor: Actor = {
  workspaceId: DEFAULT_WORKSPACE,
  principalId: 'prn_root',
  kind: 'human',
  name: 'root',
};

export function manifestOf(
  name: string,
  spec: Omit<ManifestInput['spec'], 'image'> = {},
): Manifest {
  return manifest.parse({
    apiVersion: 'swarm/v1',
    kind: 'Agent',
    metadata: { name },
    spec: { image: 'test', kill_timeout: '100ms', ...spec },
  });
}

/** Any reference resolves to an image of its own, but for `missing`. */
export function createFakeImages(): Images {
  const image = (reference: string): Image => ({
    digest: `sha256:${reference}`,
    config: {
      entrypoint: [],
      cmd: reference === 'empty' ? [] : ['serve'],
      env: [],
      user: '',
      workingDir: '',
      exposedPorts: [],
      stopSignal: '',
    },
    rootfsPath: `/nowhere/${reference}`,
    rootfsBytes: 1,
    origin: `image ${reference}`,
  });
  return {
    async resolve(source, { onStep, onLog }) {
      assert.equal(source.type, 'image');
      onStep({ name: 'pull' });
      onLog('pulling');
      if (source.reference === 'missing') throw new Error('there is no such image');
      onStep({ name: 'rootfs' });
      return image(source.reference);
    },
    find: async (digest) => image(digest.slice('sha256:'.length)),
    list: async () => [],
    receiveUpload: () => Promise.reject(new Error('not in this test')),
    collect: async () => ({ removed: [], freedBytes: 0 }),
    close: async () => undefined,
  };
}

export interface World {
  readonly store: Store;
  readonly machines: FakeMachines;
  readonly host: FakeHost;
  readonly fleet: Fleet;
  readonly deployer: Deployer;
  /** What the audit log was told, over all restarts. */
  readonly notes: readonly EventDraft[];
  /** A new swarmd on the same store and host, after the old one was closed in order. */
  restart(options?: { stopMachines?: boolean }): Promise<void>;
  /** As kill -9: from one moment to the next the old swarmd writes nothing more. */
  crash(): Promise<void>;
  deploy(request: {
    name?: string;
    image?: string;
    spec?: Omit<ManifestInput['spec'], 'image'>;
  }): Promise<DeploymentResource>;
  /** Waits for the end of a deployment. */
  ended(deployment: DeploymentResource): Promise<DeploymentResource>;
  deployed(request: Parameters<World['deploy']>[0]): Promise<DeploymentResource>;
  eventsOf(deploymentId: string): Promise<readonly DeploymentEvent[]>;
  until<T>(
    what: string,
    probe: () => T | undefined | false | Promise<T | undefined | false>,
  ): Promise<T>;
  close(): Promise<void>;
}

export async function createWorld(
  options: FakeMachinesOptions &
    Pick<DeployerOptions, 'aroundStep'> & {
      drain?: (machineId: string) => Promise<boolean>;
    } = {},
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-fleet-'));
  const host = options.host ?? createFakeHost();
  const images = createFakeImages();
  const notes: EventDraft[] = [];
  const trail = { note: (draft: EventDraft) => void notes.push(draft) };
  const start = async () => {
    const store = await createStore({ path: join(folder, 'state.sqlite'), log: silentLogger });
    const machines = createFakeMachines({ ...options, host });
    const fleet = createFleet({
      store,
      machines,
      images,
      drain: options.drain ?? (async () => true),
      log: silentLogger,
      trail,
      agentUrl: (name) => `http://localhost/agents/${name}`,
      maxConcurrentBoots: 8,
      retryMs: 20,
    });
    const { aroundStep } = options;
    const deployer = createDeployer({
      store,
      fleet,
      images,
      machines,
      log: silentLogger,
      trail,
      ...(aroundStep && { aroundStep }),
    });
    await fleet.start();
    await deployer.recover();
    return { store, machines, fleet, deployer };
  };
  const stop = async (
    parts: Awaited<ReturnType<typeof start>>,
    { stopMachines = false }: { stopMachines?: boolean } = {},
  ) => {
    await parts.deployer.close();
    await parts.fleet.close();
    if (stopMachines) await parts.fleet.stopMachines();
    await parts.machines.close();
    await parts.store.close();
  };
  const crash = async (parts: Awaited<ReturnType<typeof start>>) => {
    await parts.store.close();
    await parts.machines.close();
    // What is left of the old one in this process must not act on the host any more.
    await parts.fleet.close();
    // Not waited for: a step that hangs goes on hanging, and can do nothing any more.
    void parts.deployer.close().catch(() => undefined);
  };
  let parts = await start();
  const world: World = {
    get store() {
      return parts.store;
    },
    get machines() {
      return parts.machines;
    },
    get fleet() {
      return parts.fleet;
    },
    get deployer() {
      return parts.deployer;
    },
    host,
    notes,
    async restart({ stopMachines = false } = {}) {
      await stop(parts, { stopMachines });
      parts = await start();
    },
    async crash() {
      await crash(parts);
      parts = await start();
    },
    deploy: ({ name = 'desk', image = 'one', spec = {} }) =>
      parts.deployer.deploy({
        actor,
        manifest: manifestOf(name, spec),
        source: { type: 'image', reference: image },
      }),
    ended: (deployment) =>
      world.until(`end of ${deployment.id}`, async () => {
        const now = await parts.deployer.get(actor, deployment.id);
        return now.finishedAt !== null && now;
      }),
    deployed: async (request) => world.ended(await world.deploy(request)),
    async eventsOf(deploymentId) {
      const events: DeploymentEvent[] = [];
      const signal = AbortSignal.timeout(20_000);
      for await (const event of parts.deployer.events(actor, { deploymentId, afterSeq: 0, signal }))
        events.push(event);
      return events;
    },
    async until(what, probe) {
      const value = await waitUntil(probe, { timeoutMs: 20_000, intervalMs: 5 });
      if (value === undefined) assert.fail(`not within 20 s: ${what}`);
      return value;
    },
    async close() {
      await stop(parts);
      for (const machineId of [...host.machines.keys()])
        await createFakeMachines({ host }).remove(machineId, { logs: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}
