import { queryOptions } from '@tanstack/react-query';
import type { EventPage } from '../../contracts/event-query.ts';
import { queryString, request } from './request.ts';

/** The newest calls into agents, newest first. Those that come later are told by the stream. */
export const newestCallsQuery = (limit: number) =>
  queryOptions({
    queryKey: ['newest-calls', limit],
    queryFn: ({ signal }) =>
      request<EventPage>(`/v1/events${queryString({ kind: 'gateway.call', limit })}`, { signal }),
    staleTime: 0,
  });

const LEAST_COST = '0.000000000000000001';
const MAX_COSTS = 200;

/** What the steps of a run cost that cost anything; more of them than a page are not read. */
export const runCostsQuery = (run: string) =>
  queryOptions({
    queryKey: ['run-costs', run],
    queryFn: ({ signal }) => {
      const terms = { run, kind: 'egress.call', minCost: LEAST_COST, limit: MAX_COSTS };
      return request<EventPage>(`/v1/events${queryString(terms)}`, { signal });
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
