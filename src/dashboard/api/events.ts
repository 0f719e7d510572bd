import { queryOptions } from '@tanstack/react-query';
import type { EventResource } from '../../contracts/event.ts';
import type { EventPage, EventTermsQuery, RunResource } from '../../contracts/event-query.ts';
import { queryString, request, send } from './request.ts';

export const EVENT_PAGE_ROWS = 200;
/** A tar of everything that matches begins soon, however long it is. */
const EXPORT_BEGIN_MS = 60_000;

export type ExportFormat = 'jsonl' | 'json' | 'csv' | 'ocsf';

/** Newest first, without content. @throws ApiError */
export function listEvents(
  terms: EventTermsQuery,
  { cursor, signal }: { readonly cursor?: string | undefined; readonly signal?: AbortSignal },
): Promise<EventPage> {
  return request(`/v1/events${queryString({ ...terms, limit: EVENT_PAGE_ROWS, cursor })}`, {
    signal,
  });
}

/** With its content. Reading one is itself recorded, so it is not asked for again without need. */
export function eventQuery(id: string) {
  return queryOptions({
    queryKey: ['events', id],
    queryFn: ({ signal }) =>
      request<EventResource>(`/v1/events/${encodeURIComponent(id)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function runQuery(id: string) {
  return queryOptions({
    queryKey: ['runs', id],
    queryFn: ({ signal }) => request<RunResource>(`/v1/runs/${encodeURIComponent(id)}`, { signal }),
  });
}

/** A tar with events, their content and their proofs. @throws ApiError */
export async function exportEvents(
  terms: EventTermsQuery,
  how: {
    readonly format: ExportFormat;
    readonly signal: AbortSignal;
    readonly onBytes: (bytes: number) => void;
  },
): Promise<Blob> {
  const path = `/v1/audit/export${queryString({ ...terms, format: how.format })}`;
  const response = await send(path, { signal: how.signal, timeoutMs: EXPORT_BEGIN_MS });
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      bytes += chunk.byteLength;
      how.onBytes(bytes);
      out.enqueue(chunk);
    },
  });
  let bytes = 0;
  // A Response makes a blob that the browser may keep on disk.
  return new Response(response.body?.pipeThrough(counter) ?? null).blob();
}
