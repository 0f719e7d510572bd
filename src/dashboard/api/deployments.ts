import { queryOptions } from '@tanstack/react-query';
import type { DeploymentResource, RevisionResource } from '../../contracts/resources.ts';
import { agentPath } from './agents.ts';
import { queryString, request } from './request.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
const PAGE = 50;

export const deploymentsQuery = (agent: string) =>
  queryOptions({
    queryKey: ['deployments', agent],
    queryFn: ({ signal }) =>
      request<Page<DeploymentResource>>(`/v1/deployments${queryString({ agent, limit: PAGE })}`, {
        signal,
      }),
  });

/** The newest 50, newest first. */
export const revisionsQuery = (agent: string) =>
  queryOptions({
    queryKey: ['revisions', agent],
    queryFn: ({ signal }) =>
      request<Page<RevisionResource>>(
        `${agentPath(agent)}/revisions${queryString({ limit: PAGE })}`,
        { signal },
      ),
  });

export const rollBack = (agent: string, revision: number) =>
  request<DeploymentResource>(`${agentPath(agent)}/rollback`, {
    method: 'POST',
    json: { revision },
  });
export const cancelDeployment = (id: string) =>
  request<DeploymentResource>(`/v1/deployments/${encodeURIComponent(id)}/cancel`, {
    method: 'POST',
    json: {},
  });
