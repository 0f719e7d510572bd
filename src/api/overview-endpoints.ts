/** Figures of all agents, and one stream with everything that a dashboard shows live. */
import { z } from 'zod';
import type { LiveOther } from '../activity/activity.ts';
import { type LivePosition, parseLivePosition } from '../contracts/live-position.ts';
import { liveMessage, liveQuery, overview } from '../contracts/overview.ts';
import { LOG_PERMISSION } from './agent-logs.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { eventTerms } from './event-terms.ts';
import { liveDeployment, liveLog } from './live-others.ts';

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
    'States of agents at once, figures at most once a second, and events that match in the order of the log: from now on, or from behind Last-Event-ID. Events need the permission "audit". With `log` the log of an agent and with `deployment` its progress come on the same stream, and are resumed with it.',
  query: liveQuery,
  headers: z.object({ 'last-event-id': z.string().optional() }),
  responses: {
    200: { description: 'Stays open.', schema: liveMessage, mediaType: 'text/event-stream' },
  },
  errors: [
    ...['agent_not_found', 'deployment_not_found'],
    ...['event_query_invalid', 'last_event_id_invalid'],
  ],
  handle: async ({ actor, caller, query, request, signal }, parts) => {
    const { access, activity, audit, clock, fleet } = parts;
    const { events = 'matching', log, logTail, deployment, ...words } = query;
    // Not there yet: said here, while the answer can still be an error.
    fleet.agentNames();
    const from = livePosition(request.headers['last-event-id']);
    const others: LiveOther[] = [];
    if (log !== undefined) {
      access.authorise(caller, LOG_PERMISSION);
      await fleet.agent(actor, log);
      others.push(liveLog(parts, { actor, agent: log, tail: logTail, resume: from.log }));
    }
    if (deployment !== undefined) {
      await parts.deployer.get(actor, deployment);
      others.push(liveDeployment(parts, { actor, deployment, resume: from.deployment }));
    }
    if (events === 'none') return { events: activity.live({ others, signal }) };
    access.authorise(caller, 'audit');
    const terms = eventTerms(words, clock.nowMs());
    // Refused here as well.
    audit.search.follow(actor.workspaceId, terms, { signal: AbortSignal.abort() });
    const behind = { terms, ...(from.seq !== undefined && { afterSeq: from.seq }) };
    return { events: activity.live({ events: behind, others, signal }) };
  },
});

/** @throws last_event_id_invalid */
function livePosition(header: string | string[] | undefined): LivePosition {
  if (header === undefined || header === '') return {};
  const position = typeof header === 'string' ? parseLivePosition(header) : undefined;
  if (position !== undefined) return position;
  throw apiErrors.last_event_id_invalid('Last-Event-ID is not the id of a message of this stream.');
}

export const overviewEndpoints = [show, live];
