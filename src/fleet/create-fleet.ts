import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { nearest } from '../base/nearest.ts';
import type { Actor } from '../contracts/actor.ts';
import type { Outlets } from '../contracts/machine-environment.ts';
import type { Trail } from '../contracts/trail.ts';
import type { Images } from '../images/images.ts';
import type { Machines } from '../machines/machines.ts';
import type { AgentRow, MachineRow, Store } from '../store/store.ts';
import { adoptMachines } from './adopt-machines.ts';
import {
  agentResourceOf,
  machineResourceOf,
  type SeenMachine,
  type SeenMachines,
} from './agent-resource.ts';
import { createBootSlots } from './boot-slots.ts';
import { fleetErrors } from './errors.ts';
import type { Fleet } from './fleet.ts';
import type { FleetContext } from './fleet-context.ts';
import { hasEnded } from './machine-moves.ts';
import { machineProcess } from './machine-process.ts';
import { Reconciler } from './reconciler.ts';
import { RevisionSpecs } from './revision-specs.ts';
import { createRollouts } from './rollouts.ts';
import { stopAllMachines } from './stop-machines.ts';

export interface FleetOptions {
  readonly store: Store;
  readonly machines: Machines;
  readonly images: Pick<Images, 'find'>;
  /** Of the gateway: resolves when no call is in flight on the machine, false on timeout. */
  readonly drain: (machineId: string, options: { timeoutMs: number }) => Promise<boolean>;
  /** Absent: machines have no way out. */
  readonly outlets?: Outlets;
  readonly trail: Pick<Trail, 'note'>;
  readonly log: Logger;
  /** Where an agent is called, for its resource. */
  readonly agentUrl: (agentName: string) => string;
  readonly clock?: Clock;
  /** From 0 to 1; spreads restarts. */
  readonly random?: () => number;
  /** From VMM start to guestd's answer; without KVM a boot takes seconds. */
  readonly bootTimeoutMs?: number;
  /** Default: 2 for each CPU. */
  readonly maxConcurrentBoots?: number;
  readonly retryMs?: number;
}

const DEFAULT_BOOT_TIMEOUT_MS = 60_000;
const DEFAULT_RETRY_MS = 2_000;

export function createFleet(options: FleetOptions): Fleet {
  const { store, machines } = options;
  const context: FleetContext = {
    store,
    machines,
    images: options.images,
    drain: options.drain,
    ...(options.outlets !== undefined && { outlets: options.outlets }),
    trail: options.trail,
    log: options.log,
    agentUrl: options.agentUrl,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    bootTimeoutMs: options.bootTimeoutMs ?? DEFAULT_BOOT_TIMEOUT_MS,
    retryMs: options.retryMs ?? DEFAULT_RETRY_MS,
    boots: createBootSlots(options.maxConcurrentBoots ?? 2 * availableParallelism()),
    specs: new RevisionSpecs(store),
  };
  const reconciler = new Reconciler(context);
  const deletionListeners = new Set<(agentId: string) => void>();
  let stopListening = () => {};

  const mustFind = (actor: Actor, name: string) => findAgent(store, { actor, name });
  const show = async (agent: AgentRow) => {
    const view = await reconciler.view(agent);
    const seen = await lookAt(machines, view.machines);
    return agentResourceOf(view, { url: options.agentUrl(agent.name), seen });
  };

  return {
    async start() {
      stopListening = machines.onEvent((event) => {
        reconciler
          .hear(event)
          .catch((error: unknown) =>
            options.log.error({ event, error: describeError(error) }, 'an event was not recorded'),
          );
      });
      await adoptMachines(context, reconciler.watches);
      reconciler.begin();
      await reconciler.lookAtAll();
    },
    async agents(actor) {
      const rows = await store.agents.list(actor.workspaceId);
      return Promise.all(
        rows.map(async (agent) =>
          agentResourceOf(await reconciler.view(agent), { url: options.agentUrl(agent.name) }),
        ),
      );
    },
    agent: async (actor, name) => show(await mustFind(actor, name)),
    async machines(actor, name) {
      const agent = await mustFind(actor, name);
      const rows = await store.machines.listOf(agent.id);
      const seen = await lookAt(machines, rows);
      return rows
        .map((row) => machineResourceOf(row, { agent: agent.name, seen: seen.get(row.id) }))
        .reverse();
    },
    async scale({ actor, agent: name, replicas }) {
      const { id } = await mustFind(actor, name);
      await store.transaction(async (tables) => {
        const agent = await tables.agents.find(id);
        if (agent === undefined || agent.deleting) throw deleting(name);
        const target = agent.target && { ...agent.target, replicas };
        await tables.agents.update(id, { replicas, target, nowMs: context.clock.nowMs() });
        // What was given up is tried again: somebody has looked at it.
        for (const slot of await tables.slots.listOf(id))
          if (slot.state !== 'running')
            await tables.slots.put({
              ...slot,
              state: 'running',
              failures: 0,
              nextStartAtMs: null,
            });
      });
      reconciler.look(id);
      return show(await mustFind(actor, name));
    },
    async delete({ actor, agent: name }) {
      const { id } = await mustFind(actor, name);
      await store.agents.update(id, {
        deleting: true,
        target: null,
        nowMs: context.clock.nowMs(),
      });
      for (const listener of deletionListeners) listener(id);
      await reconciler.publish(id);
      reconciler.look(id);
    },
    nudge(agentName) {
      const found = store.agents.listAll();
      found
        .then((agents) => {
          for (const { id, name } of agents) if (name === agentName) reconciler.look(id);
        })
        .catch((error: unknown) =>
          options.log.error({ error: describeError(error) }, 'the agents could not be read'),
        );
    },
    watch: (actor, { agent, signal }) =>
      reconciler.feed.watch({ workspaceId: actor.workspaceId, agent, signal }),
    async pickMachine(actor, { agent: name, replica }) {
      const agent = await mustFind(actor, name);
      const machine = pickMachine(await store.machines.listOf(agent.id), { agent, replica });
      const spec = await context.specs.get(agent.id, machine.revision);
      const { process } = await machineProcess(context, { agent, machine, spec });
      return { machineId: machine.id, process: { ...process, argv: [] } };
    },
    agentNames: () => reconciler.routes.agentNames(),
    route: (agentName) => reconciler.routes.route(agentName),
    onRouteChange: (listener) => reconciler.routes.onRouteChange(listener),
    rollouts: createRollouts({
      store,
      clock: context.clock,
      log: options.log,
      look: (agentId) => reconciler.look(agentId),
      publish: (agentId) => reconciler.publish(agentId),
      forget: (agent) => reconciler.forget(agent),
      onLook: (listener) => reconciler.onLook(listener),
      onDeleting: (listener) => {
        deletionListeners.add(listener);
        return () => deletionListeners.delete(listener);
      },
      lastProbe: (machineId) => reconciler.watches.get(machineId)?.last,
    }),
    async close() {
      stopListening();
      await reconciler.close();
    },
    stopMachines: () => stopAllMachines(context),
  };
}

function deleting(name: string) {
  return fleetErrors.agent_deleting(`The agent "${name}" is being deleted.`);
}

async function findAgent(
  store: Store,
  { actor, name }: { actor: Actor; name: string },
): Promise<AgentRow> {
  const found = await store.agents.findByName(actor.workspaceId, name);
  if (found !== undefined) return found;
  const names = (await store.agents.list(actor.workspaceId)).map((agent) => agent.name);
  const near = nearest(name, names);
  throw fleetErrors.agent_not_found(
    `There is no agent "${name}".`,
    near === undefined ? {} : { remedy: `Did you mean "${near}"?` },
  );
}

/** The machine for exec or logs: healthy before not, then active before not, then newest. */
function pickMachine(
  rows: readonly MachineRow[],
  { agent, replica }: { agent: AgentRow; replica: number | undefined },
): MachineRow {
  const known = Math.max(agent.replicas, agent.target?.replicas ?? 0);
  if (replica !== undefined && (replica < 0 || replica >= known))
    throw fleetErrors.replica_not_found(
      `The agent "${agent.name}" has no replica ${replica}: it has ${known}, counted from 0.`,
    );
  const rank = ({ state, generation }: MachineRow) =>
    (state === 'healthy' ? 2 : 0) + (generation === agent.active?.generation ? 1 : 0);
  const running = rows.filter(
    (row) =>
      row.startedAtMs !== null &&
      !hasEnded(row.state) &&
      (replica === undefined || row.replica === replica),
  );
  const [best] = running.toReversed().toSorted((a, b) => rank(b) - rank(a));
  if (best !== undefined) return best;
  const which = replica === undefined ? '' : ` for replica ${replica}`;
  throw fleetErrors.no_machine(`No machine of the agent "${agent.name}" runs${which}.`);
}

async function lookAt(machines: Machines, rows: readonly MachineRow[]): Promise<SeenMachines> {
  const seen = new Map<string, SeenMachine>();
  const running = rows.filter((row) => row.onHost && !hasEnded(row.state));
  await Promise.all(
    running.map(async ({ id }) => {
      const inspected = await machines.inspect(id).catch(() => undefined);
      const capture = machines.capture(id);
      seen.set(id, { usage: inspected?.usage ?? null, ...(capture !== undefined && { capture }) });
    }),
  );
  return seen;
}
