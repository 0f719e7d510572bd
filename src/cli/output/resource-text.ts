/** Resources as rows and words for people. Pure. */
import type { PauseResource } from '../../contracts/cost.ts';
import type { AgentResource, MachineResource, ReplicaResource } from '../../contracts/resources.ts';
import { localTime } from '../logs/event-text.ts';
import type { Colors } from './output.ts';
import { ageText, bytesText, printable } from './text.ts';

const GOOD = new Set(['running', 'healthy', 'succeeded', 'ok']);
const BAD = new Set(['failed', 'given_up', 'unhealthy', 'broken', 'missing']);
const QUIET = new Set(['stopped', 'completed', 'cancelled']);

export function stateText(state: string, colors: Colors): string {
  const shown = state.replaceAll('_', ' ');
  if (GOOD.has(state)) return colors.green(shown);
  if (BAD.has(state)) return colors.red(shown);
  if (QUIET.has(state)) return colors.dim(shown);
  return colors.yellow(shown);
}

export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

export const AGENT_HEADERS = ['NAME', 'STATE', 'REPLICAS', 'REVISION', 'IMAGE', 'AGE'] as const;

export function agentRow(
  agent: AgentResource,
  { colors, nowMs }: { colors: Colors; nowMs: number },
): string[] {
  return [
    agent.name,
    stateText(agent.state, colors),
    `${agent.replicas.healthy}/${agent.replicas.desired}`,
    agent.revision === null ? '-' : String(agent.revision),
    agent.image === null ? '-' : printable(agent.image.origin),
    ageText(Date.parse(agent.createdAt), nowMs),
  ];
}

/** By whom its calls out are refused, since when and why, and what ends it. */
export function pauseText({ agent, pausedAt, pausedBy, reason }: PauseResource): string {
  const why = reason === '' ? '' : `: ${printable(reason)}`;
  return `${printable(agent)} is paused since ${localTime(pausedAt)} by ${printable(pausedBy)}${why}; its calls out are refused.\n  → swarm agents resume ${printable(agent)}`;
}

export const REPLICA_HEADERS = [
  'REPLICA',
  'STATE',
  'MACHINE',
  'REVISION',
  'RESTARTS',
  'MEMORY',
  'AGE',
  'REASON',
] as const;

export function replicaRow(
  replica: ReplicaResource,
  { colors, nowMs }: { colors: Colors; nowMs: number },
): string[] {
  const { machine } = replica;
  const state = replica.state === 'running' && machine !== null ? machine.state : replica.state;
  return [
    String(replica.number),
    stateText(state, colors),
    machine?.id ?? '-',
    machine === null ? '-' : String(machine.revision),
    String(replica.restarts),
    memoryText(machine),
    machine === null ? '-' : ageText(Date.parse(machine.startedAt ?? machine.createdAt), nowMs),
    printable(replica.reason ?? machine?.reason ?? ''),
  ];
}

function memoryText(machine: MachineResource | null): string {
  return machine?.usage ? bytesText(machine.usage.memoryBytes) : '-';
}
