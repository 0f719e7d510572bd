/** Figures of all agents, and one stream with everything that a dashboard shows live. */
import { z } from 'zod';
import { liveMessage, liveQuery, overview } from '../contracts/overview.ts';
import { endpoint } from './endpoint.ts';
import { lastEventId } from './event-endpoints.ts';
import { eventTerms } from './event-terms.ts';

const show = endpoint({
  method: 'GET',
  path: '/v1/overview',
  permission: 'read',
  summary:
    'How agents are doing: calls, errors, latency and cost of each and in total, and the newest failures.',
  responses: { 200: { description: 'As of now.', schema: overview } },
  errors: [],
  handle: async (_call, { activity }) => ({ status: 200, body: await activity.overview() }),
});

const live = endpoint({
  method: 'GET',
  path: '/v1/live',
  permission: 'read',
  summary:
    'States of agents at once, figures at most once a second, and events that match in the order of the log: from now on, or from behind Last-Event-ID. Events need the permission "audit".',
  query: liveQuery,
  headers: z.object({ 'last-event-id': z.string().optional() }),
  responses: {
    200: { description: 'Stays open.', schema: liveMessage, mediaType: 'text/event-stream' },
  },
  errors: ['event_query_invalid', 'last_event_id_invalid'],
  handle: async ({ actor, caller, query, request, signal }, parts) => {
    const { access, activity, audit, clock, fleet } = parts;
    const { events = 'matching', ...words } = query;
    // Not there yet: said here, while the answer can still be an error.
    fleet.agentNames();
    if (events === 'none') return { events: activity.live({ signal }) };
    access.authorise(caller, 'audit');
    const terms = eventTerms(words, clock.nowMs());
    const afterSeq = lastEventId(request.headers['last-event-id']);
    // Refused here as well.
    audit.search.follow(actor.workspaceId, terms, { signal: AbortSignal.abort() });
    const from = { terms, ...(afterSeq !== undefined && { afterSeq }) };
    return { events: activity.live({ events: from, signal }) };
  },
});

export const overviewEndpoints = [show, live];
