/**
 * The audit event: one schema for everything that is told to the log, version 1. What stands here
 * is described for readers in docs/reference/events.md; how it lies on disk in
 * docs/audit-format.md.
 *
 * An **entry** is one leaf of a workspace's log. An action that must be known before it happens
 * makes two: its intent and its completion. An **event** is what users see: an entry, or the two
 * merged.
 */
import { z } from 'zod';
import { EVENT_KIND_PATTERN, EVENT_VERSION, MAX_EVENT_KIND_LENGTH } from './event-kinds.ts';

/** Nanoseconds where they are known: 2026-01-31T12:00:00.123456789Z. UTC always. */
export const eventTime = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/,
    'must be a time in UTC such as 2026-01-31T12:00:00.123456789Z',
  );

/** Printable, bounded: names and ids that somebody else may have made. */
const label = (max: number) => z.string().min(1).max(max);

/** 16 bytes as W3C trace context writes them; a run is a trace. */
export const runId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits');
/** 8 bytes as W3C trace context writes them. */
export const spanId = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits');

export const eventActor = z.strictObject({
  /** anonymous: nobody showed a credential that holds. */
  type: z.enum(['human', 'agent', 'coach', 'service', 'anonymous']),
  /** Of the principal: `prn_…`, or `service:fleet` for background work. */
  id: label(200),
  name: label(200),
  /** How it showed who it is. internal: a part of swarmd; none: it did not. */
  auth: z.enum(['token', 'session', 'internal', 'none']),
  /** Id of the token, never its text. */
  token: label(200).optional(),
  /** Where the request came from: an IP address. */
  address: label(100).optional(),
});
export type EventActor = z.infer<typeof eventActor>;

/** open: begun, not ended yet; unknown: begun, and nobody can say how it ended. */
export const eventStatus = z.enum(['open', 'ok', 'error', 'refused', 'unknown']);
export type EventStatus = z.infer<typeof eventStatus>;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const eventTokens = z.strictObject({
  input: count.optional(),
  output: count.optional(),
  cacheRead: count.optional(),
  cacheWrite: count.optional(),
  /** Part of cacheWrite that is kept longer than the usual time (Anthropic: an hour), at a higher price. */
  cacheWriteLong: count.optional(),
  reasoning: count.optional(),
});
export type EventTokens = z.infer<typeof eventTokens>;

/** Decimal text, so that sums are exact: at most 18 digits before and 18 after the point. */
export const decimal = z.string().regex(/^\d{1,18}(\.\d{1,18})?$/, 'must be a decimal number');

export const eventCost = z.strictObject({
  amount: decimal,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as USD'),
  /** Version of the price table, or `reported` when a program said so itself. */
  prices: label(100),
});
export type EventCost = z.infer<typeof eventCost>;

export const payloadPolicyName = z.enum(['full', 'redacted', 'hash', 'none']);
export type PayloadPolicyName = z.infer<typeof payloadPolicyName>;

/** What the log says for ever about a body that may be erased later, or was never kept. */
export const bodyRecord = z.strictObject({
  /** All that passed, not only what is kept. */
  bytes: count,
  contentType: label(200).optional(),
  /** Less is kept than passed. */
  truncated: z.literal(true).optional(),
  /** How often something was taken out by the policy. */
  redactions: count.optional(),
  /** Policy `hash`: SHA-256 of all that passed, in hexadecimal. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type BodyRecord = z.infer<typeof bodyRecord>;

export const payloadRecord = z.strictObject({
  policy: payloadPolicyName,
  /** Base64 of SHA-256(0x02 ‖ salt ‖ payload): there when a payload was stored beside the entry. */
  commit: z.string().length(44).optional(),
  request: bodyRecord.optional(),
  response: bodyRecord.optional(),
});
export type PayloadRecord = z.infer<typeof payloadRecord>;

/** A body as it is stored: text where it is valid UTF-8. */
export const storedBody = z.strictObject({
  contentType: z.string().optional(),
  encoding: z.enum(['utf8', 'base64']),
  body: z.string(),
  truncated: z.literal(true).optional(),
});
export type StoredBody = z.infer<typeof storedBody>;
export const storedPayload = z.strictObject({
  request: storedBody.optional(),
  response: storedBody.optional(),
});
export type StoredPayload = z.infer<typeof storedPayload>;

export const eventError = z.strictObject({ code: label(100), message: z.string().max(2000) });
export type EventError = z.infer<typeof eventError>;

/** `area.thing`: gateway.call, deployment.started. */
export const eventKindName = z
  .string()
  .max(MAX_EVENT_KIND_LENGTH)
  .regex(EVENT_KIND_PATTERN, 'must be words with dots between them, such as gateway.call');

/** Facts that an event of any kind may carry, and that search has terms for. */
export const eventFacts = z.strictObject({
  agent: label(100).optional(),
  revision: count.optional(),
  replica: count.optional(),
  machine: label(100).optional(),
  run: runId.optional(),
  span: spanId.optional(),
  /** The span that caused this one. */
  parent: spanId.optional(),
  /** `req_…`, as the answer's Swarm-Request-Id says it. */
  request: label(100).optional(),
  tool: label(200).optional(),
  provider: label(100).optional(),
  model: label(200).optional(),
  error: eventError.optional(),
  /** Nanoseconds. */
  durationNs: count.optional(),
  bytes: z.strictObject({ in: count.optional(), out: count.optional() }).optional(),
  tokens: eventTokens.optional(),
  cost: eventCost.optional(),
  payload: payloadRecord.optional(),
  /** JSON values; at most 32 KiB as text. */
  attributes: z.record(z.string().min(1).max(200), z.json()).optional(),
});
export type EventFacts = z.infer<typeof eventFacts>;

/** One leaf. Stored as RFC 8785 canonical JSON: the bytes are what is hashed. */
export const auditEntry = eventFacts.extend({
  v: z.literal(EVENT_VERSION),
  /** Number of the leaf in the workspace's tree, from 0. */
  seq: count,
  /** `evt_…`, or what the sender chose. A completion has its intent's. */
  id: label(200),
  phase: z.enum(['whole', 'intent', 'completion']),
  /** Of a completion: the seq of its intent. */
  intent: count.optional(),
  /** When it happened: a begin for an intent, an end for a completion, else as the sender says. */
  time: eventTime,
  /** When swarmd wrote it. */
  recorded: eventTime,
  workspace: label(100),
  actor: eventActor,
  kind: eventKindName,
  status: eventStatus,
  /** Base64 of 16 random bytes, so that a leaf that was erased cannot be guessed from its hash. */
  nonce: z.string().length(24),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** What users see: an entry, or an intent with its completion merged into it. */
export const eventResource = eventFacts.extend({
  /** Of the entry, or of the intent: the event's place in every list. */
  seq: count,
  /** Of the completion. */
  completedSeq: count.optional(),
  id: z.string(),
  time: eventTime,
  recorded: eventTime,
  workspace: z.string(),
  actor: eventActor,
  kind: eventKindName,
  status: eventStatus,
  /** Only when one event is asked for; null: it was stored and is erased. */
  content: storedPayload.nullable().optional(),
});
export type EventResource = z.infer<typeof eventResource>;
