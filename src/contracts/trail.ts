/** What areas tell the audit log through. Its far side is src/audit/. */
import type { EventActor, EventFacts, EventStatus, PayloadPolicyName } from './event.ts';
import type { EventKind } from './event-kinds.ts';

/** A body that passed, as far as it was kept while it did. */
export interface CapturedBody {
  /** The beginning, at most as much as the policy keeps. */
  readonly head: Uint8Array;
  /** All that passed. */
  readonly totalBytes: number;
  readonly contentType?: string;
  /** As in Content-Encoding: gzip, br, zstd. */
  readonly contentEncoding?: string;
  /** Hexadecimal SHA-256 of all that passed: for the policy `hash`. */
  readonly sha256?: string;
}

/** What is kept of bodies: per agent. */
export interface PayloadPolicy {
  readonly policy: PayloadPolicyName;
  /** Of each body; the rest is counted and not kept. */
  readonly maxBytes: number;
  /** JSON paths such as `$.customer.email` or `$..password`: taken out by `redacted`. */
  readonly redactPaths: readonly string[];
  /** Names of built-in patterns: taken out by `redacted`. */
  readonly redactPatterns: readonly RedactPattern[];
}
export const REDACT_PATTERNS = ['keys', 'email', 'card', 'phone', 'iban'] as const;
export type RedactPattern = (typeof REDACT_PATTERNS)[number];

export const DEFAULT_PAYLOAD_POLICY: PayloadPolicy = {
  policy: 'redacted',
  maxBytes: 65_536,
  redactPaths: [],
  redactPatterns: ['keys', 'email', 'card'],
};

export interface CapturedPayload {
  readonly policy: PayloadPolicy;
  readonly request?: CapturedBody;
  readonly response?: CapturedBody;
}

/** What an emitter says of an event. The log adds sequence, workspace, time when absent, and salt. */
export interface EventDraft extends Omit<EventFacts, 'payload'> {
  readonly kind: EventKind;
  readonly actor: EventActor;
  /** Default `ok`; an intent is `open` whatever is said. */
  readonly status?: EventStatus;
  /** Default: a new `evt_…`. */
  readonly id?: string;
  /** Default: now. */
  readonly time?: string;
  readonly captured?: CapturedPayload;
}

/** How an event that was begun ended. Facts that stand here replace the intent's. */
export interface EventOutcome extends Omit<EventFacts, 'payload'> {
  readonly status: Exclude<EventStatus, 'open'>;
  readonly time?: string;
  readonly captured?: CapturedPayload;
}

export interface OpenEvent {
  readonly id: string;
  /**
   * Says how it ended; the first call counts. Resolves when it is durable. Never rejects: what
   * cannot be written is written as soon as it can be, or found `unknown` after a restart.
   */
  complete(outcome: EventOutcome): Promise<void>;
}

export type TrailState =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string };

/** Of one workspace. */
export interface Trail {
  /** Durable when it resolves. @throws audit_unavailable: then the action must not be done */
  record(draft: EventDraft): Promise<void>;
  /** The intent is durable when it resolves. @throws audit_unavailable: then the action must not be done */
  begin(draft: EventDraft): Promise<OpenEvent>;
  /**
   * A fact that is so already, told by background work: written as soon as it can be, in order,
   * also after a failure; never throws. At most 10,000 wait; then the oldest give way, counted.
   */
  note(draft: EventDraft): void;
  state(): TrailState;
}
