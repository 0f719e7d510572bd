/**
 * What a program of the user's tells the log: one line of POST /v1/events. The sender never says who
 * it is, where the event stands, or when it was recorded: the log does.
 */
import { z } from 'zod';
import { decimal, eventFacts, eventKindName, eventTime } from './event.ts';
import { PROGRAM_KIND_PREFIX } from './ingest-limits.ts';

const ownKind = eventKindName.refine(
  (kind) => kind.startsWith(PROGRAM_KIND_PREFIX) || kind === 'otel.span',
  `must begin with ${PROGRAM_KIND_PREFIX}, such as program.invoice_sent`,
);

export const ingestEvent = eventFacts.omit({ payload: true, cost: true }).extend({
  /** Sent again with the same id, it is taken once. Without: a new one, and no idempotency. */
  id: z
    .string()
    .min(1)
    .max(200)
    .refine((id) => !id.startsWith('evt_'), 'must not begin with evt_: those ids are made here')
    .optional(),
  /** Without: when it came. */
  time: eventTime.optional(),
  /** Without: program.event. */
  kind: ownKind.optional(),
  /** Without: ok. */
  status: z.enum(['ok', 'error', 'refused', 'unknown']).optional(),
  /** As the program itself reckons it. */
  cost: z
    .strictObject({
      amount: decimal,
      currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as USD'),
    })
    .optional(),
  /** What went in and came out, as text or JSON: kept as the agent's payload policy says. */
  payload: z
    .strictObject({ request: z.json().optional(), response: z.json().optional() })
    .optional(),
});
export type IngestEvent = z.infer<typeof ingestEvent>;
