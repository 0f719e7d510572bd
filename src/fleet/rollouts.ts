/**
 * The moves of an agent to another revision, as far as its machines go: what deploy/ builds its
 * steps from. Every function may be called twice; a generation that is no longer the agent's is
 * refused.
 */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { AgentRow, MachineRow, SlotRow, Store, Wanted } from '../store/store.ts';
import { fleetErrors } from './errors.ts';
import type { ProbeResult } from './health.ts';
import { hasEnded } from './machine-moves.ts';

export interface RolloutSlot {
  readonly replica: number;
  readonly slot: SlotRow | undefined;
  /** The machine that fills it, or the last that did. */
  readonly machine: MachineRow | undefined;
  readonly lastProbe: ProbeResult | undefined;
}

export interface RolloutStatus {
  readonly slots: readonly RolloutSlot[];
  /** Machines of other generations that are still on the host. */
  readonly others: number;
}

export interface Rollouts {
  /** Starts machines of a revision beside those of the active one. @returns their generation */
  begin(request: {
    agentId: string;
    deploymentId: string;
    revision: number;
    replicas: number;
  }): Promise<number>;
  /** @throws rollout_superseded when the generation is neither target nor active */
  status(rollout: { agentId: string; generation: number }): Promise<RolloutStatus>;
  /** The target gets the calls; machines of the generation before drain and stop. */
  activate(rollout: { agentId: string; generation: number }): Promise<void>;
  /** The target is no longer wanted: its machines stop. */
  clear(rollout: { agentId: string; generation: number }): Promise<void>;
  /** Undoes `activate`: what was active before is so again. */
  restore(rollout: {
    agentId: string;
    generation: number;
    before: Wanted | null;
    replicas: number;
  }): Promise<void>;
  /** Called after each look at the agent. Returns the unsubscribe function. */
  onChange(agentId: string, listener: () => void): () => void;
  /** Called when an agent is to be deleted: deployments of it end. */
  onDeleting(listener: (agentId: string) => void): () => void;
  /** Asks for a look, after the agent's row was changed elsewhere. */
  look(agentId: string): void;
  /** The agent's row was removed elsewhere. */
  forget(agent: AgentRow): void;
}

export interface RolloutsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly look: (agentId: string) => void;
  readonly publish: (agentId: string) => Promise<void>;
  readonly forget: (agent: AgentRow) => void;
  readonly onLook: (listener: (agentId: string) => void) => () => void;
  readonly onDeleting: (listener: (agentId: string) => void) => () => void;
  readonly lastProbe: (machineId: string) => ProbeResult | undefined;
}

export function createRollouts(options: RolloutsOptions): Rollouts {
  const { store, clock, look } = options;
  const change = async <T>(
    agentId: string,
    decide: (agent: AgentRow) => { change: Partial<AgentRow> | undefined; result: T },
  ): Promise<T> => {
    const result = await store.transaction(async (tables) => {
      const agent = await tables.agents.find(agentId);
      if (agent === undefined) throw superseded('the agent is gone');
      const decision = decide(agent);
      if (decision.change !== undefined)
        await tables.agents.update(agentId, {
          ...pickChange(decision.change),
          nowMs: clock.nowMs(),
        });
      return decision.result;
    });
    // Routes follow before the caller goes on.
    await options.publish(agentId);
    look(agentId);
    return result;
  };
  return {
    begin: ({ agentId, deploymentId, revision, replicas }) =>
      change(agentId, (agent) => {
        if (agent.deploymentId !== deploymentId || agent.deleting)
          throw superseded('another deployment, or its deletion, took over the agent');
        if (agent.target?.revision === revision)
          return { change: undefined, result: agent.target.generation };
        const generation = agent.lastGeneration + 1;
        const target = { revision, generation, replicas };
        return { change: { target, lastGeneration: generation }, result: generation };
      }),
    activate: ({ agentId, generation }) =>
      change(agentId, ({ active, target }) => {
        if (active?.generation === generation) return { change: undefined, result: undefined };
        if (target?.generation !== generation) throw superseded('its target is another by now');
        const { revision, replicas } = target;
        return {
          change: { active: { revision, generation }, target: null, replicas },
          result: undefined,
        };
      }),
    clear: ({ agentId, generation }) =>
      change(agentId, ({ target }) => ({
        change: target?.generation === generation ? { target: null } : undefined,
        result: undefined,
      })),
    restore: ({ agentId, generation, before, replicas }) =>
      change(agentId, ({ active }) => ({
        change: active?.generation === generation ? { active: before, replicas } : undefined,
        result: undefined,
      })),
    status: async ({ agentId, generation }) => {
      const agent = await store.agents.find(agentId);
      return statusOf(options, { agent, generation });
    },
    onChange: (agentId, listener) =>
      options.onLook((looked) => {
        if (looked === agentId) listener();
      }),
    onDeleting: options.onDeleting,
    look,
    forget: options.forget,
  };
}

function superseded(why: string) {
  return fleetErrors.rollout_superseded(`The deployment cannot go on: ${why}.`);
}

function pickChange({ active, target, replicas, lastGeneration }: Partial<AgentRow>) {
  return {
    ...(active !== undefined && { active }),
    ...(target !== undefined && { target }),
    ...(replicas !== undefined && { replicas }),
    ...(lastGeneration !== undefined && { lastGeneration }),
  };
}

async function statusOf(
  { store, lastProbe }: RolloutsOptions,
  { agent, generation }: { agent: AgentRow | undefined; generation: number },
): Promise<RolloutStatus> {
  if (agent === undefined) throw superseded('the agent is gone');
  const wanted =
    agent.target?.generation === generation
      ? agent.target
      : agent.active?.generation === generation && { replicas: agent.replicas };
  if (!wanted) throw superseded('its target is another by now');
  const machines = await store.machines.listOf(agent.id);
  const rows = await store.slots.listOf(agent.id);
  const slots = Array.from({ length: wanted.replicas }, (_, replica): RolloutSlot => {
    const inSlot = (row: { generation: number; replica: number }) =>
      row.generation === generation && row.replica === replica;
    const machine =
      machines.findLast((row) => inSlot(row) && !hasEnded(row.state)) ?? machines.findLast(inSlot);
    return {
      replica,
      slot: rows.find(inSlot),
      machine,
      lastProbe: machine && lastProbe(machine.id),
    };
  });
  const others = machines.filter(
    (row) => row.generation !== generation && (row.onHost || !hasEnded(row.state)),
  ).length;
  return { slots, others };
}
