import { queryOptions } from '@tanstack/react-query';
import type { SessionResource } from '../../contracts/session.ts';
import { request } from './request.ts';

const LIST_EVERY_MS = 30_000;

export const sessionsQuery = () =>
  queryOptions({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => request<{ items: SessionResource[] }>('/v1/sessions', { signal }),
    refetchInterval: LIST_EVERY_MS,
  });

export const endSessionOf = (id: string) =>
  request<void>(`/v1/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
