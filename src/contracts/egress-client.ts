/** The part of the typed client that is about what agents may reach: see client.ts. */
import type { Connection } from './connection.ts';
import type { EgressMode } from './egress-policy.ts';
import type {
  EgressCheckBody,
  EgressCheckResource,
  EgressResource,
  EgressRuleBody,
  EgressSuggestion,
  LiveRuleResource,
} from './egress-requests.ts';
import { readJson, send } from './http-call.ts';

interface Calls {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  query(values: Record<string, string | number | boolean | undefined>): string;
  segment(text: string): string;
}

export function egressClient(connection: Connection, { get, post, query, segment }: Calls) {
  const of = (agent: string) => `/v1/agents/${segment(agent)}/egress`;
  return {
    egress: (agent: string) => get<EgressResource>(of(agent)),
    addEgressRule: (agent: string, rule: EgressRuleBody['rule']) =>
      post<LiveRuleResource>(`${of(agent)}/rules`, { rule }),
    removeEgressRule: async (agent: string, id: string) => {
      const path = `${of(agent)}/rules/${segment(id)}`;
      await readJson(await send(connection, { method: 'DELETE', path }));
    },
    /** null: that of the revision again. */
    setEgressMode: (agent: string, mode: EgressMode | null) =>
      post<EgressResource>(`${of(agent)}/mode`, { mode }),
    suggestEgress: (agent: string, options: { since?: string } = {}) =>
      get<EgressSuggestion>(`${of(agent)}/suggestion${query(options)}`),
    checkEgress: (agent: string, body: EgressCheckBody) =>
      post<EgressCheckResource>(`${of(agent)}/check`, body),
  };
}
