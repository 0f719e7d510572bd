import { queryOptions } from '@tanstack/react-query';
import type { SystemResource } from '../../contracts/resources.ts';
import { request } from './request.ts';

export const systemQuery = () =>
  queryOptions({
    queryKey: ['system'],
    queryFn: ({ signal }) => request<SystemResource>('/v1/system', { signal }),
  });
