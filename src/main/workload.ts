/**
 * Images, machines, fleet, deployer and gateway, wired to each other. The gateway and the images
 * are there at once; the rest when the machines can boot.
 */
import { join } from 'node:path';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { nearest } from '../base/nearest.ts';
import { waitUntil } from '../base/wait.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { EgressCaller, EgressConnection } from '../contracts/egress.ts';
import type { RouteSource } from '../contracts/route.ts';
import type { Trail } from '../contracts/trail.ts';
import type { Cost } from '../cost/cost.ts';
import { createDeployer, type Deployer } from '../deploy/deploy.ts';
import type { EgressPolicies, HostResolver } from '../egress/egress.ts';
import { createFleet, type Fleet } from '../fleet/fleet.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { createImages, type Images } from '../images/images.ts';
import type { HostMachines, NetworkKind } from '../machines/machines.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import type { Configuration } from './configuration.ts';
import { startHousekeeping } from './housekeeping.ts';
import { Late } from './late.ts';
import { nodePackageDir } from './node-package.ts';
import type { ScriptedModelEndpoint } from './scripted-model/scripted-model.ts';
import type { StartProgress } from './start-progress.ts';
import { openWayOut } from './way-out.ts';

/** What runs machines on this host, as GET /v1/system shows it. */
export interface Machinery {
  readonly driver: string;
  readonly acceleration: 'kvm' | 'tcg';
  readonly network: NetworkKind;
}

export interface OpenedMachines {
  readonly machines: HostMachines;
  readonly acceleration: Machinery['acceleration'];
}

export type MachinesOpener = (options: {
  configuration: Configuration;
  log: Logger;
  onProgress: (step: string) => void;
  signal: AbortSignal;
  /** Takes up what processes in machines open. */
  onEgress: (connection: EgressConnection) => void;
}) => Promise<OpenedMachines>;

export interface Workload {
  readonly images: Images;
  readonly gateway: Gateway;
  readonly machines: Late<HostMachines>;
  readonly fleet: Late<Fleet>;
  readonly deployer: Late<Deployer>;
  /** Ends every connection that leads out of the agent's machines. */
  cutOff(agent: { readonly workspaceId: string; readonly agent: string }): void;
  /** Of the policy in force, for each host. */
  callsPerMinute(caller: EgressCaller): number | undefined;
  machinery(): Machinery;
  /** Boots what is needed, adopts machines, takes up deployments; tries again until closed. */
  start(options: { url: string }): Promise<void>;
  close(options: { machines: boolean }): Promise<void>;
}

export interface WorkloadOptions {
  readonly configuration: Configuration;
  readonly log: Logger;
  readonly clock: Clock;
  readonly store: Store;
  readonly progress: StartProgress;
  readonly audit: Audit;
  readonly secrets: Secrets;
  readonly egressPolicies: EgressPolicies;
  readonly resolver: HostResolver;
  readonly scriptedModel: Pick<ScriptedModelEndpoint, 'addressOf'>;
  readonly cost: Cost;
  readonly openMachines: MachinesOpener;
}

/** The package mirror may be down for a while. */
const RETRY_MS = 30_000;

export async function createWorkload(options: WorkloadOptions): Promise<Workload> {
  const { configuration, log, clock, store, progress } = options;
  const machines = new Late<HostMachines>('machines');
  const fleet = new Late<Fleet>('fleet');
  const deployer = new Late<Deployer>('fleet');
  const closing = new AbortController();
  let machinery: Machinery = { driver: 'starting', acceleration: 'tcg', network: 'user' };
  let stopHousekeeping: () => Promise<void> = async () => undefined;

  const images = await createImages({
    homeDir: join(configuration.home, 'images'),
    cacheDir: configuration.cacheDir,
    nodePackageDir: nodePackageDir(),
    log,
    clock,
  });
  const trail = options.audit.trail(DEFAULT_WORKSPACE);
  const { gateway, attach } = createFleetGateway(fleet, { log, clock, trail });
  const { egress, outlets, unsubscribe } = await openWayOut({ ...options, gateway, deployer });

  async function openMachines(): Promise<void> {
    await waitUntil(
      async () => {
        try {
          const opened = await options.openMachines({
            configuration,
            log,
            onProgress: (step) => progress.begin('machines', step),
            signal: closing.signal,
            onEgress: (connection) => egress.accept(connection),
          });
          machines.set(opened.machines);
          machinery = {
            driver: opened.machines.driverName,
            acceleration: opened.acceleration,
            network: opened.machines.network,
          };
          progress.ready('machines');
          return true;
        } catch (error) {
          closing.signal.throwIfAborted();
          progress.failed('machines', error);
          return false;
        }
      },
      { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: RETRY_MS, signal: closing.signal },
    );
  }

  async function start({ url }: { url: string }): Promise<void> {
    await openMachines();
    progress.begin('fleet', 'adopting machines');
    fleet.set(
      createFleet({
        store,
        machines: machines.value,
        images,
        drain: gateway.drained,
        ...{ log, trail, outlets },
        clock,
        agentUrl: (name) => `${url}/agents/${name}/`,
      }),
    );
    attach();
    try {
      await fleet.value.start();
    } catch (error) {
      if (!closing.signal.aborted) progress.failed('fleet', error);
      throw error;
    }
    closing.signal.throwIfAborted();
    deployer.set(
      createDeployer({
        ...{ store, images, log, clock, trail },
        fleet: fleet.value,
        machines: machines.value,
        environment: options.secrets.environment,
      }),
    );
    await deployer.value.recover();
    stopHousekeeping = startHousekeeping({
      ...{ store, images, clock, log, trail },
      deployer: deployer.value,
      machines: machines.value,
    });
    progress.ready('fleet');
  }

  let starting: Promise<void> = Promise.resolve();
  return {
    images,
    gateway,
    machines,
    fleet,
    deployer,
    cutOff: (agent) => egress.cutOff(agent),
    callsPerMinute: (caller) => outlets.callers.policy(caller).callsPerMinute,
    machinery: () => machinery,
    start: (how) => {
      starting = start(how);
      return starting;
    },
    async close(how) {
      closing.abort();
      await starting.catch(() => undefined);
      unsubscribe();
      await stopHousekeeping();
      await deployer.valueIfSet?.close();
      await fleet.valueIfSet?.close();
      await gateway.close();
      if (how.machines) await fleet.valueIfSet?.stopMachines();
      await egress.close();
      await machines.valueIfSet?.close();
      await images.close();
    },
  };
}

/** The gateway is made before the fleet: they need each other. Call `attach` once the fleet is set. */
export function createFleetGateway(
  fleet: Late<Fleet>,
  options: { log: Logger; clock: Clock; trail: Trail },
): { readonly gateway: Gateway; readonly attach: () => void } {
  const routes = lateRoutes(fleet);
  const nearestName = (agentName: string) =>
    nearest(agentName, fleet.valueIfSet?.agentNames() ?? []);
  return {
    gateway: createGateway({ ...options, routes, nearestName }),
    attach: () => routes.attach(),
  };
}

function lateRoutes(fleet: Late<Fleet>): RouteSource & { attach(): void } {
  const waiting = new Map<(agentName: string) => void, (() => void) | undefined>();
  return {
    route: (agentName) => fleet.valueIfSet?.route(agentName),
    onRouteChange(listener) {
      waiting.set(listener, fleet.valueIfSet?.onRouteChange(listener));
      return () => {
        waiting.get(listener)?.();
        waiting.delete(listener);
      };
    },
    attach() {
      for (const [listener, unsubscribe] of waiting)
        if (unsubscribe === undefined) waiting.set(listener, fleet.value.onRouteChange(listener));
    },
  };
}
