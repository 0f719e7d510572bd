import type { EventResource } from '../../../../contracts/event.ts';

export const HEALTH_KINDS = 'machine.*,replica.*,agent.*,deployment.ended';
const HEALTH_KIND = /^(machine|replica|agent)\.|^deployment\.ended$/;

export function isHealthKind(kind: string): boolean {
  return HEALTH_KIND.test(kind);
}

export interface HealthLine {
  readonly tone: 'good' | 'warn' | 'bad' | 'neutral';
  readonly title: string;
  /** As the machine or somebody said it: hostile. */
  readonly detail: string | undefined;
}

const WORDS: Readonly<Record<string, readonly [HealthLine['tone'], string]>> = {
  'machine.started': ['neutral', 'started'],
  'machine.healthy': ['good', 'healthy'],
  'machine.unhealthy': ['bad', 'fails its health check'],
  'machine.failed': ['bad', 'failed'],
  'machine.stopped': ['neutral', 'stopped'],
  'machine.adopted': ['neutral', 'taken up again after a restart of swarmd'],
  'machine.kill': ['warn', 'killed by hand'],
  'replica.restart': ['warn', 'gets a new machine'],
  'replica.given_up': ['bad', 'given up: it failed too often'],
  'replica.completed': ['neutral', 'has done its work'],
  'agent.paused': ['bad', 'paused'],
  'agent.resumed': ['good', 'resumed'],
  'agent.scale': ['neutral', 'scaled'],
  'agent.restart': ['neutral', 'restart asked for'],
  'agent.rollback': ['warn', 'rollback asked for'],
  'agent.delete': ['warn', 'deletion asked for'],
  'agent.removed': ['neutral', 'is gone'],
};

/** An event of a machine, a replica or the agent as a line of its history. */
export function describeHealth(event: EventResource): HealthLine {
  const [tone, words] = WORDS[event.kind] ?? (['neutral', event.kind.slice(0, 60)] as const);
  const of = event.replica === undefined ? 'Agent' : `Replica ${event.replica}`;
  if (event.kind === 'deployment.ended') return deploymentLine(event);
  return {
    tone: event.status === 'error' && tone === 'neutral' ? 'bad' : tone,
    title: `${of} ${words}`,
    detail: detailOf(event),
  };
}

function deploymentLine({ attributes = {}, revision, error }: EventResource): HealthLine {
  const { state } = attributes;
  const known = state === 'succeeded' || state === 'failed' || state === 'cancelled';
  const of = revision === undefined ? 'Deployment' : `Deployment of revision ${revision}`;
  return {
    tone: state === 'succeeded' ? 'good' : state === 'failed' ? 'bad' : 'warn',
    title: known ? `${of} ${state}` : `${of} ended`,
    detail: error?.message,
  };
}

function detailOf({ attributes = {}, error, actor, kind }: EventResource): string | undefined {
  const parts: string[] = [];
  const { reason, after } = attributes;
  if (typeof reason === 'string' && reason !== '') parts.push(reason);
  if (typeof after === 'object' && after !== null && 'replicas' in after)
    parts.push(`to ${String(after.replicas)} ${after.replicas === 1 ? 'replica' : 'replicas'}`);
  // A reason often has the error's words in it, and says more.
  if (error !== undefined && !parts.some((part) => part.includes(error.message)))
    parts.push(error.message);
  if (kind.startsWith('agent.') && actor.type !== 'service') parts.push(`by ${actor.name}`);
  return parts.length === 0 ? undefined : parts.join(' · ');
}
