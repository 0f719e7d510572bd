import type { AgentResource } from '../../../contracts/resources.ts';

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

function toldText({ name, image, labels }: AgentResource): string {
  const all = [
    name,
    image?.origin,
    image?.digest,
    ...Object.entries(labels).map((one) => one.join('=')),
  ];
  return all.join('\n').toLowerCase();
}
