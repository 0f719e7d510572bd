/** The part of the typed client that is about secrets: see client.ts. */

import type { Connection } from './connection.ts';
import { type HttpCall, readJson, send } from './http-call.ts';
import type {
  NewSecretBody,
  RekeyReport,
  SecretResource,
  SecretUseBody,
  SecretVersionResource,
} from './secret.ts';

/** Of one agent; without it: the workspace's. */
export interface OfAgent {
  readonly agent?: string;
}

interface Calls {
  query(values: Record<string, string | number | boolean | undefined>): string;
  segment(text: string): string;
}

/** No Idempotency-Key goes with a value: see src/api/secret-endpoints.ts. */
export function secretsClient(connection: Connection, { query, segment }: Calls) {
  const call = async <T>(request: HttpCall) =>
    (await readJson(await send(connection, request))) as T;
  const get = <T>(path: string) => call<T>({ method: 'GET', path });
  const post = <T>(path: string, body?: unknown) => call<T>({ method: 'POST', path, body });
  const one = (name: string) => `/v1/secrets/${segment(name)}`;

  return {
    /** With `agent`: those that this agent could use. */
    secrets: (options: OfAgent = {}) =>
      get<{ items: readonly SecretResource[] }>(`/v1/secrets${query({ ...options })}`),
    createSecret: (body: NewSecretBody, options: OfAgent = {}) =>
      post<SecretResource>(`/v1/secrets${query({ ...options })}`, body),
    rotateSecret: (name: string, body: { value: string }, options: OfAgent = {}) =>
      post<SecretResource>(`${one(name)}/rotate${query({ ...options })}`, body),
    changeSecretUse: (name: string, body: SecretUseBody, options: OfAgent = {}) =>
      post<SecretResource>(`${one(name)}/use${query({ ...options })}`, body),
    /** Newest first. */
    secretVersions: (name: string, options: OfAgent = {}) =>
      get<{ items: readonly SecretVersionResource[] }>(
        `${one(name)}/versions${query({ ...options })}`,
      ),
    deleteSecret: (name: string, options: OfAgent & { readonly force?: boolean } = {}) =>
      call<undefined>({ method: 'DELETE', path: `${one(name)}${query({ ...options })}` }),
    rekeySecrets: () => post<RekeyReport>('/v1/secrets/rekey'),
  };
}
