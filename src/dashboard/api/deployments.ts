import { queryOptions } from '@tanstack/react-query';
import type {
  DeploymentEvent,
  DeploymentResource,
  RevisionResource,
} from '../../contracts/resources.ts';
import { readEvents } from '../live/read-events.ts';
import { agentPath } from './agents.ts';
import { ApiError, queryString, request, send } from './request.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
const PAGE = 50;
const SILENCE_MS = 50_000;
const RETRY_MS = 1_000;

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

/**
 * From the first event to the last, over as many connections as it takes.
 * @throws ApiError when it is refused
 */
export async function* deploymentEvents(
  id: string,
  signal: AbortSignal,
): AsyncGenerator<DeploymentEvent> {
  let lastId: string | undefined;
  while (!signal.aborted) {
    try {
      const response = await send(`/v1/deployments/${encodeURIComponent(id)}/events`, {
        headers: {
          accept: 'text/event-stream',
          ...(lastId !== undefined && { 'last-event-id': lastId }),
        },
        signal,
      });
      if (response.body === null) return;
      for await (const event of readEvents(response.body, { silenceMs: SILENCE_MS })) {
        if (event.id !== undefined) lastId = event.id;
        const told = JSON.parse(event.data) as DeploymentEvent;
        yield told;
        if (told.type === 'finished') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && ![0, 502, 503].includes(error.problem.status)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
