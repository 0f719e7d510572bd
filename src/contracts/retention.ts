/**
 * How long what the audit log holds is kept, and what must stay whatever those times say: the
 * bodies and answers of /v1/audit/retention and /v1/audit/holds.
 */
import { z } from 'zod';
import { eventTime, runId } from './event.ts';

/** A hundred years: more is the same as for ever, which is null. */
const keepDays = z.number().int().min(0).max(36_525);

const agent = z.string().min(1).max(200);

const keptTimes = {
  /** null: the workspace's, for what no setting of its agent covers. */
  agent: agent.nullable(),
  /** Days after which request and response are erased; null: as long as the event. */
  keepPayloadsDays: keepDays.nullable(),
  /** Days after which the event itself is erased; null: for ever. */
  keepEventsDays: keepDays.nullable(),
};

/** POST /v1/audit/retention. An agent's setting takes the place of the workspace's altogether. */
export const retentionBody = z
  .strictObject(keptTimes)
  .refine(
    ({ keepPayloadsDays, keepEventsDays }) =>
      keepPayloadsDays === null || keepEventsDays === null || keepPayloadsDays <= keepEventsDays,
    {
      path: ['keepEventsDays'],
      message:
        'must not be less than keepPayloadsDays: a payload goes with its event at the latest',
    },
  );
export type RetentionBody = z.input<typeof retentionBody>;

export const retentionSetting = z.object({
  ...keptTimes,
  updatedAt: z.iso.datetime(),
  /** Name of who set it. */
  updatedBy: z.string(),
});
export type RetentionSetting = z.infer<typeof retentionSetting>;

/** DELETE /v1/audit/retention. */
export const retentionDeleteQuery = z.strictObject({
  /** Absent: the workspace's. */
  agent: agent.optional(),
});

/** One go over the log. */
export const retentionRun = z.object({
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** Entries whose payload was erased and that stay themselves. */
  payloadsErased: z.number().int(),
  /** Entries erased altogether. */
  eventsErased: z.number().int(),
  /** `audit.erased` events that say so. */
  erasures: z.number().int(),
});
export type RetentionRun = z.infer<typeof retentionRun>;

/** GET /v1/audit/retention. */
export const retentionResource = z.object({
  items: z.array(retentionSetting),
  /** null: none since this swarmd started. */
  lastRun: retentionRun.nullable(),
  /** When the next run begins by itself; null: nothing is set, so that nothing is erased. */
  nextRunAt: z.iso.datetime().nullable(),
});
export type RetentionResource = z.infer<typeof retentionResource>;

export const holdName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 lower-case letters, digits and "-", with no "-" at either end',
  );

const heldEvents = {
  name: holdName,
  /** Why: a case number, who asked for it. */
  reason: z.string().trim().min(1).max(500),
  /** What is held: the events that match all of these; everything when none is given. */
  agent: agent.optional(),
  run: runId.optional(),
  /** Begun at this time or later. */
  since: eventTime.optional(),
  /** Begun before this time; absent: also what is still to come. */
  until: eventTime.optional(),
};

/** POST /v1/audit/holds. */
export const holdBody = z
  .strictObject(heldEvents)
  .refine(
    ({ since, until }) =>
      since === undefined || until === undefined || Date.parse(since) < Date.parse(until),
    {
      path: ['until'],
      message: 'must be later than since',
    },
  );
export type HoldBody = z.input<typeof holdBody>;

export const holdResource = z.object({
  ...heldEvents,
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
export type HoldResource = z.infer<typeof holdResource>;

/** GET /v1/audit/holds. */
export const holdList = z.object({ items: z.array(holdResource) });

/** Answer of POST /v1/audit/holds: what this hold came too late for, so that nobody relies on it. */
export const placedHold = z.object({
  hold: holdResource,
  /** null: the index could not be asked now. */
  tooLate: z
    .object({
      /** `audit.erased` events before it that may have taken entries it asks for. */
      erasures: z.number().int(),
      /** Entries that those name: the most that can be missing. */
      entries: z.number().int(),
      lastAt: z.string().nullable(),
    })
    .nullable(),
});
export type PlacedHold = z.infer<typeof placedHold>;
