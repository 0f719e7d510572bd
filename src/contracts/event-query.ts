/** Search terms: the same words in `swarm logs`, in the API's query and in the dashboard's URL. */
import { z } from 'zod';
import { decimal, eventResource, eventStatus, eventTokens, runId } from './event.ts';
import { KIND_TERM_FAULT, KIND_TERM_PATTERN, MAX_EVENT_KIND_LENGTH } from './event-kinds.ts';

export const MAX_EVENT_LIMIT = 1000;

/** `a,b`: one of them. */
const list = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1).max(50));

const name = z.string().min(1).max(200);
const kindTerm = z.string().max(MAX_EVENT_KIND_LENGTH).regex(KIND_TERM_PATTERN, KIND_TERM_FAULT);

/** As search takes them. */
export interface EventTerms {
  readonly agent?: readonly string[];
  readonly tool?: readonly string[];
  readonly kind?: readonly string[];
  readonly status?: readonly z.infer<typeof eventStatus>[];
  /** A principal's id or name. */
  readonly actor?: readonly string[];
  readonly provider?: readonly string[];
  readonly model?: readonly string[];
  readonly machine?: readonly string[];
  readonly run?: string;
  /** Nanoseconds since the epoch; since inclusive, until exclusive. */
  readonly sinceNs?: bigint;
  readonly untilNs?: bigint;
  /** Decimal text. */
  readonly minCost?: string;
  /** Words that all stand in it; "quoted words" in that order; a word ending with * as a prefix. */
  readonly text?: string;
}

/** RFC 3339, or a duration back from now (`2h`); src/api turns both into nanoseconds. */
const when = z.string().min(1).max(64);

export const eventTermsQuery = z.strictObject({
  agent: list(name).optional(),
  tool: list(name).optional(),
  kind: list(kindTerm).optional(),
  status: list(eventStatus).optional(),
  actor: list(name).optional(),
  provider: list(name).optional(),
  model: list(name).optional(),
  machine: list(name).optional(),
  run: runId.optional(),
  since: when.optional(),
  until: when.optional(),
  minCost: decimal.optional(),
  text: z.string().min(1).max(500).optional(),
});
export type EventTermsQuery = z.input<typeof eventTermsQuery>;

export const eventListQuery = eventTermsQuery.extend({
  /** Newest first unless `asc`. */
  order: z.enum(['asc', 'desc']).optional(),
  limit: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(
      z
        .number()
        .min(1)
        .max(MAX_EVENT_LIMIT, `at most ${MAX_EVENT_LIMIT} a page; follow nextCursor, or export`),
    )
    .optional(),
  cursor: z.string().min(1).max(200).optional(),
});

export const eventPage = z.object({
  items: z.array(eventResource),
  nextCursor: z.string().nullable(),
});
export type EventPage = z.infer<typeof eventPage>;

/** One event of a run with what it caused, oldest first. */
export interface RunNode {
  readonly event: z.infer<typeof eventResource>;
  readonly children: readonly RunNode[];
}
export const runNode: z.ZodType<RunNode> = z.lazy(() =>
  z.object({ event: eventResource, children: z.array(runNode) }),
);

export const runResource = z.object({
  id: runId,
  /** open while one of its events is; else of its first event. */
  status: eventStatus,
  agents: z.array(z.string()),
  startedAt: z.string(),
  /** Null while it is open. */
  endedAt: z.string().nullable(),
  durationNs: z.number().nullable(),
  events: z.number().int(),
  errors: z.number().int(),
  tokens: eventTokens,
  /** By currency, exact sums. */
  cost: z.array(z.object({ amount: decimal, currency: z.string() })),
  /** More events than are shown. */
  truncated: z.boolean(),
  roots: z.array(runNode),
});
export type RunResource = z.infer<typeof runResource>;

/** Answer of POST /v1/events and /v1/traces, by line (or span) where something was wrong. */
export const ingestReport = z.object({
  accepted: z.number().int(),
  /** Were there already, with the same id and content. */
  duplicates: z.number().int(),
  rejected: z.number().int(),
  /** The first 100 that were not taken. */
  problems: z.array(
    z.object({
      /** From 1. */
      line: z.number().int(),
      code: z.string(),
      message: z.string(),
      id: z.string().optional(),
    }),
  ),
});
export type IngestReport = z.infer<typeof ingestReport>;
