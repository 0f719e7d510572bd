/**
 * Secrets. A value goes into one request and is kept nowhere: these are plain calls and no
 * mutations, which would keep what they were given.
 */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  NewSecretBody,
  SecretResource,
  SecretUseBody,
  SecretVersionResource,
} from '../../contracts/secret.ts';
import { queryString, request } from './request.ts';

/** Last use is told by no event. */
const LIST_EVERY_MS = 30_000;

/** Which one is meant: of the workspace, or of an agent. */
export type SecretKey = Pick<SecretResource, 'name' | 'agent'>;

export const secretsQuery = () =>
  queryOptions({
    queryKey: ['secrets'],
    queryFn: ({ signal }) => request<{ items: SecretResource[] }>('/v1/secrets', { signal }),
    refetchInterval: LIST_EVERY_MS,
  });

/** Asked for anew when the secret’s own line changes, and not when it is gone. */
export const secretVersionsQuery = (secret: SecretResource) =>
  queryOptions({
    queryKey: [
      ...['secret-versions', secret.agent, secret.name],
      ...[secret.version, secret.updatedAt, secret.lastUsedAt],
    ],
    queryFn: ({ signal }) =>
      request<{ items: SecretVersionResource[] }>(pathOf(secret, '/versions'), { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

export const createSecret = (agent: string | null, json: NewSecretBody) =>
  request<SecretResource>(`/v1/secrets${queryString({ agent: agent ?? undefined })}`, {
    method: 'POST',
    json,
  });

export const rotateSecret = (key: SecretKey, value: string) =>
  request<SecretResource>(pathOf(key, '/rotate'), { method: 'POST', json: { value } });

export const changeSecretUse = (key: SecretKey, json: SecretUseBody) =>
  request<SecretResource>(pathOf(key, '/use'), { method: 'POST', json });

export const deleteSecret = (key: SecretKey, { force }: { readonly force: boolean }) =>
  request<void>(pathOf(key, '', { force: force || undefined }), { method: 'DELETE' });

function pathOf(
  { name, agent }: SecretKey,
  more: string,
  query: { force?: true | undefined } = {},
) {
  const terms = queryString({ agent: agent ?? undefined, ...query });
  return `/v1/secrets/${encodeURIComponent(name)}${more}${terms}`;
}
