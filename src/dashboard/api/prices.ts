import { queryOptions } from '@tanstack/react-query';
import type {
  ImportedPrices,
  PriceFormat,
  PriceListDetail,
  PriceListResource,
} from '../../contracts/cost.ts';
import { queryString, request } from './request.ts';

/** As the API has it: MAX_PRICE_FILE_BYTES of src/contracts/cost.ts, which brings zod along. */
export const MAX_PRICE_FILE_BYTES = 8 * 1024 * 1024;
const IMPORT_TIMEOUT_MS = 120_000;

export const priceListsQuery = () =>
  queryOptions({
    queryKey: ['prices'],
    queryFn: ({ signal }) => request<{ items: PriceListResource[] }>('/v1/prices', { signal }),
  });

/** A version never changes, so that it is asked for once. */
export const priceListQuery = ({ name, version }: Pick<PriceListResource, 'name' | 'version'>) =>
  queryOptions({
    queryKey: ['price-list', name, version],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      request<PriceListDetail>(`/v1/prices/${encodeURIComponent(name)}`, { signal }),
  });

export const importPrices = (
  file: Blob,
  query: { readonly name: string; readonly format: PriceFormat },
) =>
  request<ImportedPrices>(`/v1/prices${queryString(query)}`, {
    method: 'POST',
    body: file,
    headers: { 'content-type': 'application/json' },
    timeoutMs: IMPORT_TIMEOUT_MS,
  });

export const removePrices = (name: string) =>
  request<void>(`/v1/prices/${encodeURIComponent(name)}`, { method: 'DELETE' });
