/** What is shown of an agent, derived from its rows: pure. */
import { isoTime } from '../base/clock.ts';
import type { AgentResource, MachineResource, ReplicaResource } from '../contracts/resources.ts';
import type { AgentRow, MachineRow, SlotRow } from '../store/store.ts';
import { hasEnded } from './machine-moves.ts';
import { FAILURES_FORGIVEN_AFTER_MS } from './restart.ts';
import type { RevisionSpec } from './revision-specs.ts';

export interface AgentView {
  readonly agent: AgentRow;
  readonly machines: readonly MachineRow[];
  readonly slots: readonly SlotRow[];
  /** Of the active revision, or of the target while there is none. */
  readonly revision: RevisionSpec | undefined;
  readonly nowMs: number;
}

/** What the host knows of a machine that runs. */
export type SeenMachine = Pick<MachineResource, 'usage' | 'capture'>;

/** By id; those that do not run are left out. */
export type SeenMachines = ReadonlyMap<string, SeenMachine>;

const timeOrNull = (ms: number | null) => (ms === null ? null : isoTime(ms));

export function machineResourceOf(
  machine: MachineRow,
  { agent, seen }: { agent: string; seen: SeenMachine | undefined },
): MachineResource {
  return {
    id: machine.id,
    agent,
    revision: machine.revision,
    generation: machine.generation,
    replica: machine.replica,
    state: machine.state,
    reason: machine.reason,
    createdAt: isoTime(machine.createdAtMs),
    startedAt: timeOrNull(machine.startedAtMs),
    healthyAt: timeOrNull(machine.healthyAtMs),
    endedAt: timeOrNull(machine.endedAtMs),
    exit: machine.exit,
    ...(seen ?? { usage: null }),
  };
}

/** The generation that is shown: what gets the calls, or would when it is healthy. */
function shown({ active, target, replicas }: AgentRow) {
  if (active !== null) return { generation: active.generation, replicas };
  return { generation: target?.generation ?? 0, replicas: target?.replicas ?? replicas };
}

export function agentResourceOf(
  view: AgentView,
  options: { url: string; seen?: SeenMachines },
): AgentResource {
  const { agent, revision } = view;
  const { replicas } = shown(agent);
  const items = replicaResources(view, options.seen);
  const healthy = items.filter(({ machine }) => machine?.state === 'healthy').length;
  return {
    id: agent.id,
    name: agent.name,
    workspace: agent.workspaceId,
    state: agentState({ agent, items, healthy, desired: replicas }),
    replicas: { desired: replicas, healthy, items: [...items] },
    revision: agent.active?.revision ?? null,
    image: revision?.image ?? null,
    deployment: agent.deploymentId,
    labels: { ...revision?.config.labels },
    url: options.url,
    createdAt: isoTime(agent.createdAtMs),
    updatedAt: isoTime(agent.updatedAtMs),
  };
}

function replicaResources(
  view: AgentView,
  seen: SeenMachines | undefined,
): readonly ReplicaResource[] {
  const { agent, machines, slots, nowMs } = view;
  const { generation, replicas } = shown(agent);
  return Array.from({ length: replicas }, (_, number): ReplicaResource => {
    const inSlot = (row: { generation: number; replica: number }) =>
      row.generation === generation && row.replica === number;
    const slot = slots.find(inSlot);
    const machine = machines.findLast((row) => inSlot(row) && !hasEnded(row.state));
    const proven =
      machine?.state === 'healthy' &&
      nowMs - (machine.healthyAtMs ?? nowMs) >= FAILURES_FORGIVEN_AFTER_MS;
    return {
      number,
      state: slot?.state ?? 'running',
      failures: proven ? 0 : (slot?.failures ?? 0),
      restarts: slot?.restarts ?? 0,
      nextStartAt: timeOrNull(slot?.nextStartAtMs ?? null),
      reason: slot?.reason ?? null,
      machine:
        machine === undefined
          ? null
          : machineResourceOf(machine, { agent: agent.name, seen: seen?.get(machine.id) }),
    };
  });
}

function agentState(facts: {
  agent: AgentRow;
  items: readonly ReplicaResource[];
  healthy: number;
  desired: number;
}): AgentResource['state'] {
  const { agent, items, healthy, desired } = facts;
  if (agent.deleting) return 'deleting';
  if (agent.deploymentId !== null) return 'deploying';
  if (desired === 0 || agent.active === null) return 'stopped';
  if (items.every(({ state }) => state === 'completed')) return 'stopped';
  const completed = items.filter(({ state }) => state === 'completed').length;
  if (healthy + completed >= desired) return 'running';
  if (healthy > 0) return 'degraded';
  return items.some(({ state }) => state === 'given_up') ? 'failed' : 'starting';
}
