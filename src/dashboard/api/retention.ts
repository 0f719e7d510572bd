import { queryOptions } from '@tanstack/react-query';
import type {
  HoldBody,
  HoldResource,
  PlacedHold,
  RetentionBody,
  RetentionResource,
  RetentionSetting,
} from '../../contracts/retention.ts';
import { queryString, request } from './request.ts';

export const retentionQuery = () =>
  queryOptions({
    queryKey: ['retention', 'settings'],
    queryFn: ({ signal }) => request<RetentionResource>('/v1/audit/retention', { signal }),
  });

export const holdsQuery = () =>
  queryOptions({
    queryKey: ['retention', 'holds'],
    queryFn: ({ signal }) => request<{ items: HoldResource[] }>('/v1/audit/holds', { signal }),
  });

export const setRetention = (json: RetentionBody) =>
  request<RetentionSetting>('/v1/audit/retention', { method: 'POST', json });

/** @param agent null: the workspace’s */
export const unsetRetention = (agent: string | null) =>
  request<void>(`/v1/audit/retention${queryString({ agent: agent ?? undefined })}`, {
    method: 'DELETE',
  });

export const placeHold = (json: HoldBody) =>
  request<PlacedHold>('/v1/audit/holds', { method: 'POST', json });

export const releaseHold = (name: string) =>
  request<void>(`/v1/audit/holds/${encodeURIComponent(name)}`, { method: 'DELETE' });
