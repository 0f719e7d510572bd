import { queryOptions } from '@tanstack/react-query';
import type { NewTokenResource, TokenBody, TokenResource } from '../../contracts/requests.ts';
import { request } from './request.ts';

/** Last use is told by no event. */
const LIST_EVERY_MS = 60_000;

export const tokensQuery = () =>
  queryOptions({
    queryKey: ['tokens'],
    queryFn: ({ signal }) => request<{ items: TokenResource[] }>('/v1/tokens', { signal }),
    refetchInterval: LIST_EVERY_MS,
  });

/** The answer has the value, this once. */
export const createToken = (json: TokenBody) =>
  request<NewTokenResource>('/v1/tokens', { method: 'POST', json });

export const revokeToken = (id: string) =>
  request<void>(`/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
