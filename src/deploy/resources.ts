import { isoTime } from '../base/clock.ts';
import { SwarmError } from '../base/errors.ts';
import type { DeploymentResource, Problem, RevisionResource } from '../contracts/resources.ts';
import type { AgentRow, DeploymentRow, RevisionRow } from '../store/store.ts';
import { deployErrors } from './errors.ts';
import { RolloutFailure } from './wait-for-rollout.ts';

export function deploymentResourceOf(row: DeploymentRow): DeploymentResource {
  return {
    id: row.id,
    agent: row.agentName,
    kind: row.kind,
    state: row.state,
    step: row.step,
    fromRevision: row.fromRevision,
    toRevision: row.toRevision,
    error: row.error,
    createdAt: isoTime(row.createdAtMs),
    finishedAt: row.finishedAtMs === null ? null : isoTime(row.finishedAtMs),
    createdBy: row.createdBy,
  };
}

export function revisionResourceOf(row: RevisionRow, agent: AgentRow): RevisionResource {
  return {
    id: row.id,
    agent: agent.name,
    number: row.number,
    active: agent.active?.revision === row.number,
    image: { digest: row.imageDigest, origin: row.imageOrigin },
    source: row.source,
    config: { ...row.config },
    createdAt: isoTime(row.createdAtMs),
    createdBy: row.createdBy,
  };
}

/** What a deployment keeps of the error that ended it. */
export function problemOf(error: unknown, extra: Problem['details'] = {}): Problem {
  const cause = error instanceof RolloutFailure ? error.failure : error;
  const known =
    cause instanceof SwarmError
      ? cause
      : deployErrors.deployment_failed(
          'The deployment failed for a reason that Swarm did not expect.',
          { cause },
        );
  const details = { ...known.details, ...extra };
  return {
    type: `urn:swarm:error:${known.code}`,
    title: known.code.replaceAll('_', ' '),
    status: known.status,
    detail: known.message,
    code: known.code,
    remedy: known.remedy,
    ...(Object.keys(details).length > 0 && { details }),
  };
}
