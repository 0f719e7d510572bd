import type { AgentResource } from '../../../contracts/resources.ts';
import { byName, byNeed } from '../agent/agent-order.ts';

export const AGENT_STATES = [
  ...(['running', 'starting', 'degraded', 'deploying', 'failed', 'stopped', 'deleting'] as const),
] satisfies readonly AgentResource['state'][];

export interface AgentFilter {
  /** Words that all stand in the name, the image or a label. */
  readonly text?: string | undefined;
  /** A state; `paused` for those whose calls out do not pass. */
  readonly state?: string | undefined;
}

export function filterAgents(
  agents: readonly AgentResource[],
  { text = '', state = '' }: AgentFilter,
  paused: ReadonlySet<string>,
): readonly AgentResource[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return agents.filter((agent) => {
    if (state === 'paused' ? !paused.has(agent.name) : state !== '' && agent.state !== state)
      return false;
    const told = toldText(agent);
    return words.every((word) => told.includes(word));
  });
}

/** As the address says it; without one, those that need somebody come first. */
export const AGENT_ORDERS: readonly { readonly id: string; readonly label: string }[] = [
  { id: '', label: 'Worst first' },
  { id: 'name', label: 'By name' },
  { id: 'updated', label: 'Newest change' },
];

export function orderAgents(
  agents: readonly AgentResource[],
  order: string | undefined,
  paused: ReadonlySet<string>,
): readonly AgentResource[] {
  if (order === 'name') return agents.toSorted(byName);
  if (order === 'updated')
    return agents.toSorted(
      (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt) || byName(a, b),
    );
  return agents.toSorted(byNeed(paused));
}

function toldText({ name, image, labels }: AgentResource): string {
  const all = [
    name,
    image?.origin,
    image?.digest,
    ...Object.entries(labels).map((one) => one.join('=')),
  ];
  return all.join('\n').toLowerCase();
}
