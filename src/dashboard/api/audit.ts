import { queryOptions } from '@tanstack/react-query';
import type { AuditStatus } from '../../contracts/audit-status.ts';
import type { BegunVerification } from '../../contracts/audit-verification.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { EventPage } from '../../contracts/event-query.ts';
import { ApiError, queryString, request, send } from './request.ts';

/** The log grows with every call: its size is asked for while somebody looks. */
const STATUS_EVERY_MS = 5_000;
export const ADMIN_KINDS = 'audit.*,token.*,session.*,secret.*,sign_in.*';
export const ADMIN_EVENT_ROWS = 50;

export const auditStatusQuery = () =>
  queryOptions({
    queryKey: ['audit'],
    queryFn: ({ signal }) => request<AuditStatus>('/v1/audit', { signal }),
    refetchInterval: STATUS_EVERY_MS,
  });

/** Has swarmd verify its log: GET /v1/audit tells how it ends. */
export const verifyOnServer = () =>
  request<BegunVerification>('/v1/audit/verifications', { method: 'POST', json: {} });

/** What was done to the log and to what opens doors, newest first. */
export const adminEventsQuery = () =>
  queryOptions({
    queryKey: ['admin-events'],
    queryFn: ({ signal }) => {
      const terms = queryString({ kind: ADMIN_KINDS, limit: ADMIN_EVENT_ROWS });
      return request<EventPage>(`/v1/events${terms}`, { signal });
    },
  });

/** When somebody last asked for a proof, and when the last export was made. */
export const lastProofsQuery = () =>
  queryOptions({
    queryKey: ['admin-events', 'last-proof'],
    queryFn: ({ signal }) =>
      request<EventPage>(`/v1/events${queryString({ kind: 'audit.prove', limit: 1 })}`, { signal }),
  });

/** Byte for byte as the server sent it. Asking is recorded. @throws ApiError */
export async function fetchProof(id: string, signal?: AbortSignal): Promise<string> {
  const response = await send(`/v1/audit/proof${queryString({ event: id })}`, { signal });
  return response.text();
}

/** With its content. Reading it is recorded. @throws ApiError */
export function fetchEvent(id: string, signal?: AbortSignal): Promise<EventResource> {
  return request(`/v1/events/${encodeURIComponent(id)}`, { signal });
}

/** A signed note over all entries so far. @throws ApiError */
export async function fetchCheckpoint(signal?: AbortSignal): Promise<string> {
  const response = await send('/v1/audit/checkpoint', { signal });
  return response.text();
}

/** @param path such as tile/0/000. @returns undefined when there is none. @throws ApiError */
export async function fetchTile(path: string): Promise<Uint8Array | undefined> {
  try {
    const response = await send(`/v1/audit/tiles/${path}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 404) return undefined;
    throw error;
  }
}
