import type { Activity, Overview } from '../../../contracts/overview.ts';
import type { AgentResource } from '../../../contracts/resources.ts';
import { byNeed } from '../agent/agent-order.ts';

export interface AgentRow {
  readonly agent: AgentResource;
  /** Undefined: no calls today, and none in the last hour. */
  readonly activity: Activity | undefined;
}

/** Agents with their figures, those that need somebody first. */
export function agentRows(
  agents: readonly AgentResource[],
  overview: Overview | undefined,
  paused: ReadonlySet<string>,
): readonly AgentRow[] {
  const activities = new Map(overview?.agents.map((activity) => [activity.agent, activity]));
  return agents
    .toSorted(byNeed(paused))
    .map((agent) => ({ agent, activity: activities.get(agent.name) }));
}
