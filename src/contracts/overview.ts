/** How agents are doing, in figures: GET /v1/overview, and what a dashboard's stream carries. */
import { z } from 'zod';
import { eventResource } from './event.ts';
import { eventTermsQuery } from './event-query.ts';
import { agentResource } from './resources.ts';

/** Minutes of the series. */
export const OVERVIEW_MINUTES = 60;

const count = z.number().int().min(0);
const series = z.array(z.number()).length(OVERVIEW_MINUTES);

/**
 * Calls are those into agents (gateway.call) that an agent took, by when they ended; errors are those
 * of them that failed. What was refused counts apart, in both directions.
 */
export const activity = z.object({
  /** Since 00:00 UTC. */
  callsToday: count,
  errorsToday: count,
  refusedToday: count,
  /** In the last 60 seconds. */
  callsPerMinute: count,
  /** Of the last hour's calls, 0 to 1; null without calls. */
  errorRate: z.number().min(0).max(1).nullable(),
  /** Of the last hour's calls, in milliseconds, to within 5 %; null without calls. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  /** Decimal text, US dollars. */
  costToday: z.string(),
  costThisMonth: z.string(),
  /** By minute, the oldest first; the last is the minute that is now. */
  series: z.object({ calls: series, errors: series, refused: series, p95Ms: series }),
});
export type Activity = z.infer<typeof activity>;

export const agentActivity = activity.extend({ agent: z.string() });
export type AgentActivity = z.infer<typeof agentActivity>;

export const overview = z.object({
  asOf: z.iso.datetime(),
  /** false: after a start, what happened before is still being added up. */
  complete: z.boolean(),
  totals: activity,
  /** By name; agents that did nothing today and cost nothing this month are left out. */
  agents: z.array(agentActivity),
  /**
   * The newest events that failed, and that were refused, newest first, at most 20 each, without
   * attributes that are long.
   */
  failures: z.array(eventResource),
  refusals: z.array(eventResource),
});
export type Overview = z.infer<typeof overview>;

/** `events=none`: no events, only states and figures; else those that match the terms. */
export const liveQuery = eventTermsQuery.extend({
  events: z.enum(['none', 'matching']).optional(),
});
export type LiveQuery = z.input<typeof liveQuery>;

/**
 * A message of GET /v1/live. Every connection begins with the states and the figures as they are;
 * `event` has an id, the number of its entry, and goes on behind Last-Event-ID. `agents`, `overview`
 * and `reset` have one too where there are events: everything up to it has been told.
 */
export const liveMessage = z.discriminatedUnion('type', [
  /** All there are: the first message. */
  z.object({ type: z.literal('agents'), agents: z.array(agentResource) }),
  z.object({ type: z.literal('agent'), agent: agentResource }),
  z.object({ type: z.literal('agent_deleted'), name: z.string() }),
  /** At most once a second, when something changed. */
  z.object({ type: z.literal('overview'), overview }),
  z.object({ type: z.literal('event'), event: eventResource }),
  /** Too much happened since Last-Event-ID: events are to be asked for anew. */
  z.object({ type: z.literal('reset') }),
]);
export type LiveMessage = z.infer<typeof liveMessage>;
