import { z } from 'zod';
import { eventResource } from '../contracts/event.ts';
import {
  eventListQuery,
  eventPage,
  eventTermsQuery,
  runResource,
} from '../contracts/event-query.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { eventTerms } from './event-terms.ts';
import { apiEvents } from './events.ts';

const params = z.strictObject({ id: z.string().min(1).max(200) });
const INDEX_ERRORS = ['event_query_invalid', 'audit_index_unavailable'];

const list = endpoint({
  method: 'GET',
  path: '/v1/events',
  permission: 'audit',
  summary:
    'Events that match all terms, newest first, without their content. A cursor stays good while events arrive.',
  query: eventListQuery,
  responses: { 200: { description: 'A page.', schema: eventPage } },
  errors: [...INDEX_ERRORS, 'event_cursor_invalid'],
  handle: async ({ actor, query }, { audit, clock }) => {
    const { order, limit, cursor, ...terms } = query;
    return {
      status: 200,
      body: await audit.search.list(actor.workspaceId, eventTerms(terms, clock.nowMs()), {
        ...(order !== undefined && { order }),
        ...(limit !== undefined && { limit }),
        ...(cursor !== undefined && { cursor }),
      }),
    };
  },
});

const watch = endpoint({
  method: 'GET',
  path: '/v1/events/watch',
  permission: 'audit',
  summary:
    'Events that match, as they begin and end, in the order of the log: from now on, or from behind Last-Event-ID.',
  query: eventTermsQuery,
  headers: z.object({ 'last-event-id': z.string().optional() }),
  responses: {
    200: { description: 'Stays open.', schema: eventResource, mediaType: 'text/event-stream' },
  },
  errors: [...INDEX_ERRORS, 'last_event_id_invalid'],
  handle: async ({ actor, query, request, signal }, { audit, clock }) => {
    const terms = eventTerms(query, clock.nowMs());
    const afterSeq = lastEventId(request.headers['last-event-id']);
    // Refused here, while the answer can still be an error.
    await audit.search.list(actor.workspaceId, terms, { limit: 1 });
    return {
      events: audit.search.follow(actor.workspaceId, terms, {
        ...(afterSeq !== undefined && { afterSeq }),
        signal,
      }),
    };
  },
});

/** @throws last_event_id_invalid */
function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw apiErrors.last_event_id_invalid('Last-Event-ID is not the number of an entry.');
}

const show = endpoint({
  method: 'GET',
  path: '/v1/events/{id}',
  permission: 'audit',
  audit: {
    kind: apiEvents['event.read'],
    record: 'read',
    facts: ({ params: { id } }) => ({ attributes: { event: id } }),
  },
  summary: 'One event with its content: request and response as far as they are kept.',
  params,
  responses: { 200: { description: 'As it stands.', schema: eventResource } },
  errors: ['event_not_found', 'audit_index_unavailable'],
  handle: async ({ actor, params: { id }, audit: tell }, { audit }) => {
    const event = await audit.search.get(actor.workspaceId, id);
    if (event.agent !== undefined) tell({ agent: event.agent });
    return { status: 200, body: event };
  },
});

const run = endpoint({
  method: 'GET',
  path: '/v1/runs/{id}',
  permission: 'audit',
  summary: 'All events of a run as a tree of what caused what, with sums of tokens and cost.',
  params,
  responses: { 200: { description: 'As it stands.', schema: runResource } },
  errors: ['run_not_found', 'audit_index_unavailable'],
  handle: async ({ actor, params: { id } }, { audit }) => ({
    status: 200,
    body: await audit.search.run(actor.workspaceId, id),
  }),
});

/** `watch` before `show`: the first that fits is taken. */
export const eventEndpoints = [list, watch, show, run];
