/**
 * The fleet: keeps as many healthy machines as are wanted. The front file of the area.
 * plan-machines.ts decides (pure), apply-action.ts acts (idempotent), reconciler.ts loops.
 */
import type { Actor } from '../contracts/actor.ts';
import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { AgentResource, MachineResource } from '../contracts/resources.ts';
import type { RouteSource } from '../contracts/route.ts';
import type { Rollouts } from './rollouts.ts';

export { createFleet, type FleetOptions } from './create-fleet.ts';
export { fleetErrors } from './errors.ts';
export type { ProbeResult } from './health.ts';
export { type RevisionSpec, revisionSpecOf } from './revision-specs.ts';
export type { RolloutSlot, RolloutStatus, Rollouts } from './rollouts.ts';

/** Something about an agent changed: its new whole state, or that it is gone. */
export type FleetEvent =
  | { readonly type: 'agent'; readonly agent: AgentResource }
  | { readonly type: 'agent_deleted'; readonly name: string };

export interface Fleet extends RouteSource {
  /** Of all agents with a route, from memory. */
  agentNames(): Iterable<string>;
  /** Adopts the machines that still run, removes what nobody wants, begins reconciling. */
  start(): Promise<void>;
  agents(actor: Actor): Promise<readonly AgentResource[]>;
  /** @throws agent_not_found, with the nearest name as remedy */
  agent(actor: Actor, name: string): Promise<AgentResource>;
  /** Machines of the agent, ended ones of the last day included, newest first. */
  machines(actor: Actor, name: string): Promise<readonly MachineResource[]>;
  scale(request: { actor: Actor; agent: string; replicas: number }): Promise<AgentResource>;
  /** Marks it for deletion; machines drain and stop, then it is gone. */
  delete(request: { actor: Actor; agent: string }): Promise<void>;
  /** Asks for a look now; many requests become one. */
  nudge(agentName: string): void;
  /** Current state of all agents, then changes, bounded per reader (old states are skipped). */
  watch(actor: Actor, options: { agent?: string; signal: AbortSignal }): AsyncIterable<FleetEvent>;
  /**
   * The machine for exec or logs: of that replica, or the healthiest, newest.
   * @throws agent_not_found, replica_not_found, no_machine
   */
  pickMachine(
    actor: Actor,
    query: { agent: string; replica?: number },
  ): Promise<{
    machineId: string;
    /** Environment, user and working directory as the agent's process has them; no argv. */
    process: GuestProcessSpec;
  }>;
  /** Moves to another revision: for deploy/. */
  readonly rollouts: Rollouts;
  /** Ends the loop; machines go on running. */
  close(): Promise<void>;
  /** After `close`: stops all machines on purpose; the next `start` starts those that are wanted. */
  stopMachines(): Promise<void>;
}
