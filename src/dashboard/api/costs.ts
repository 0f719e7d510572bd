import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { CostQuery, CostReport } from '../../contracts/cost.ts';
import { queryString, request } from './request.ts';

/** Sums of whole days, UTC. What was shown stays while another range of the same kind is asked for. */
export const costsQuery = (terms: CostQuery & { readonly by: CostReport['by'] }) =>
  queryOptions({
    queryKey: ['costs', terms.by, terms],
    queryFn: ({ signal }) =>
      request<CostReport>(`/v1/costs${queryString({ ...terms })}`, { signal }),
    placeholderData: keepPreviousData,
  });
