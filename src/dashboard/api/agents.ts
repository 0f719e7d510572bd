import { queryOptions } from '@tanstack/react-query';
import type { PauseResource } from '../../contracts/cost.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { EventPage } from '../../contracts/event-query.ts';
import type { AgentResource, DeploymentResource } from '../../contracts/resources.ts';
import type { SecretResource } from '../../contracts/secret.ts';
import { queryString, request } from './request.ts';

export const agentPath = (name: string) => `/v1/agents/${encodeURIComponent(name)}`;

export const pausesQuery = () =>
  queryOptions({
    queryKey: ['pauses'],
    queryFn: ({ signal }) => request<{ items: PauseResource[] }>('/v1/pauses', { signal }),
  });

/** What may be seen by this agent’s machines: the workspace’s secrets and its own. */
export const agentSecretsQuery = (agent: string) =>
  queryOptions({
    queryKey: ['secrets', 'of-agent', agent],
    queryFn: ({ signal }) =>
      request<{ items: SecretResource[] }>(`/v1/secrets${queryString({ agent })}`, { signal }),
  });

/** The newest events of an agent, of the kinds (and states) given, as in `swarm logs`. */
export const agentEventsQuery = (
  agent: string,
  terms: { readonly kind: string; readonly status?: string; readonly limit: number },
) =>
  queryOptions({
    queryKey: ['agent-events', agent, terms],
    queryFn: ({ signal }) =>
      request<EventPage>(`/v1/events${queryString({ agent, ...terms })}`, { signal }),
  });

export const scaleAgent = (name: string, replicas: number) =>
  request<AgentResource>(`${agentPath(name)}/scale`, { method: 'POST', json: { replicas } });
export const restartAgent = (name: string) =>
  request<DeploymentResource>(`${agentPath(name)}/restart`, { method: 'POST', json: {} });
export const deleteAgent = (name: string) =>
  request<AgentResource>(agentPath(name), { method: 'DELETE' });
export const pauseAgent = (name: string, reason: string) =>
  request<PauseResource>(`${agentPath(name)}/pause`, {
    method: 'POST',
    json: reason === '' ? {} : { reason },
  });
export const resumeAgent = (name: string) =>
  request<unknown>(`${agentPath(name)}/resume`, { method: 'POST', json: {} });

/** The newest call to an agent that went well, with its content; reading one is recorded. */
export async function newestCall(agent: string): Promise<EventResource | undefined> {
  const terms = { agent, kind: 'gateway.call', status: 'ok', limit: 1 };
  const { items } = await request<EventPage>(`/v1/events${queryString(terms)}`);
  const id = items[0]?.id;
  if (id === undefined) return undefined;
  return request<EventResource>(`/v1/events/${encodeURIComponent(id)}`);
}
