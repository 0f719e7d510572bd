import { queryOptions } from '@tanstack/react-query';
import type {
  EgressCheckBody,
  EgressCheckResource,
  EgressResource,
  EgressRuleBody,
  EgressSuggestion,
  LiveRuleResource,
} from '../../contracts/egress-requests.ts';
import { agentPath } from './agents.ts';
import { queryString, request } from './request.ts';

const of = (agent: string) => `${agentPath(agent)}/egress`;

export const egressQuery = (agent: string) =>
  queryOptions({
    queryKey: ['egress', agent],
    queryFn: ({ signal }) => request<EgressResource>(of(agent), { signal }),
  });
export const egressSuggestionQuery = (agent: string, since: string) =>
  queryOptions({
    queryKey: ['egress', agent, 'suggestion', since],
    queryFn: ({ signal }) =>
      request<EgressSuggestion>(`${of(agent)}/suggestion${queryString({ since })}`, { signal }),
  });
export const addEgressRule = (agent: string, rule: EgressRuleBody['rule']) =>
  request<LiveRuleResource>(`${of(agent)}/rules`, { method: 'POST', json: { rule } });
export const removeEgressRule = (agent: string, id: string) =>
  request<void>(`${of(agent)}/rules/${encodeURIComponent(id)}`, { method: 'DELETE' });
/** null: that of the revision again. */
export const setEgressMode = (agent: string, mode: 'enforce' | 'audit' | null) =>
  request<EgressResource>(`${of(agent)}/mode`, { method: 'POST', json: { mode } });
export const checkEgress = (agent: string, body: EgressCheckBody) =>
  request<EgressCheckResource>(`${of(agent)}/check`, { method: 'POST', json: body });
