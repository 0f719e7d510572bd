/** How agents are doing, in figures: GET /v1/overview, and what a dashboard's stream carries. */
import { z } from 'zod';
import { eventResource } from './event.ts';
import { eventTermsQuery } from './event-query.ts';
import { agentName } from './manifest.ts';
import { queryInt } from './requests.ts';
import { agentResource, deploymentEvent, logRecordResource } from './resources.ts';

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

/** Lines of a log that a stream begins with. */
const MAX_LOG_TAIL = 50_000;

/** `events=none`: no events, only states and figures; else those that match the terms. */
export const liveQuery = eventTermsQuery.extend({
  events: z.enum(['none', 'matching']).optional(),
  /** The log of that agent as well: its newest `logTail` lines (2,000 unless told), then onwards. */
  log: agentName.optional(),
  logTail: queryInt({ min: 0, max: MAX_LOG_TAIL }).optional(),
  /** The progress of that deployment as well, from its first event. */
  deployment: z
    .string()
    .regex(/^\w{1,100}$/, 'must be the id of a deployment')
    .optional(),
});
export type LiveQuery = z.input<typeof liveQuery>;

/**
 * A message of GET /v1/live. Every connection begins with the states and the figures as they are;
 * `event` has an id, the number of its entry, and goes on behind Last-Event-ID. `agents`, `overview`
 * and `reset` have one too where there are events: everything up to it has been told. With a log or a
 * deployment the id has their position, too, whichever it stands at: it is one for all of them.
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
  z.object({
    type: z.literal('log'),
    agent: z.string(),
    records: z.array(logRecordResource),
    /** Lines left out before these: they came faster than they were kept or could be told. */
    dropped: count,
  }),
  /** No more of it will come on this connection. */
  z.object({
    type: z.literal('log_ended'),
    agent: z.string(),
    reason: z.enum(['agent_deleted', 'failed']),
  }),
  z.object({
    type: z.literal('deployment'),
    deployment: z.string(),
    events: z.array(deploymentEvent),
  }),
  /** Its last event was told, unless it failed to be read. */
  z.object({
    type: z.literal('deployment_ended'),
    deployment: z.string(),
    reason: z.enum(['finished', 'failed']),
  }),
]);
export type LiveMessage = z.infer<typeof liveMessage>;
