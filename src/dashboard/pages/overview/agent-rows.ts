import type { Activity, Overview } from '../../../contracts/overview.ts';
import type { AgentResource } from '../../../contracts/resources.ts';

export interface AgentRow {
  readonly agent: AgentResource;
  /** Undefined: no calls today, and none in the last hour. */
  readonly activity: Activity | undefined;
}

const FIRST: Readonly<Partial<Record<AgentResource['state'], number>>> = {
  failed: 0,
  degraded: 1,
  stopped: 3,
};

/** Agents with their figures: those that need somebody first, then by name. */
export function agentRows(
  agents: readonly AgentResource[],
  overview: Overview | undefined,
): readonly AgentRow[] {
  const activities = new Map(overview?.agents.map((activity) => [activity.agent, activity]));
  const rank = ({ state }: AgentResource) => FIRST[state] ?? 2;
  return agents
    .toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
    .map((agent) => ({ agent, activity: activities.get(agent.name) }));
}
