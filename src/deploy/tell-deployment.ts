import { SwarmError } from '../base/errors.ts';
import type { EventError } from '../contracts/event.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import type { EventDraft } from '../contracts/trail.ts';
import type { DeploymentRow } from '../store/store.ts';
import type { DeployContext } from './deploy-context.ts';
import { deployEvents } from './events.ts';
import type { StepFact } from './steps.ts';

interface Told extends Pick<EventDraft, 'status' | 'error' | 'durationNs' | 'revision'> {
  readonly kind: EventKind;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Tells the audit log a fact about a deployment. Never throws: the fact is so already. */
export function tellDeployment(
  { trail }: Pick<DeployContext, 'trail'>,
  { id, agentName }: Pick<DeploymentRow, 'id' | 'agentName'>,
  { attributes, ...told }: Told,
): void {
  trail.note({
    ...told,
    agent: agentName,
    actor: serviceEventActor('deploy'),
    attributes: { deployment: id, ...attributes },
  });
}

export function tellStep(
  context: Pick<DeployContext, 'trail'>,
  deployment: Pick<DeploymentRow, 'id' | 'agentName'>,
  { step, state, error, durationMs }: StepFact,
): void {
  tellDeployment(context, deployment, {
    kind: deployEvents[KINDS[state]],
    ...(error !== undefined && { status: 'error', error: eventErrorOf(error) }),
    ...(durationMs !== undefined && { durationNs: durationMs * 1_000_000 }),
    attributes: { step },
  });
}

const KINDS = {
  started: 'deployment.step_begun',
  done: 'deployment.step_ended',
  failed: 'deployment.step_ended',
  undone: 'deployment.step_undone',
} as const;

/** Of an unexpected error only that there was one: its words may hold anything. */
function eventErrorOf(error: unknown): EventError {
  if (error instanceof SwarmError)
    return { code: error.code, message: error.message.slice(0, 500) };
  return { code: 'deployment_failed', message: 'for a reason that Swarm did not expect' };
}
