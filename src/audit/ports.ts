/**
 * The seams inside the audit area: writer, readers, index. Each side is written against these.
 * Everything is per workspace; paths are below SWARM_HOME/audit/WORKSPACE.
 */
import type { AuditEntry, EventResource, StoredPayload } from '../contracts/event.ts';
import type { EventPage, EventTerms, IngestReport, RunResource } from '../contracts/event-query.ts';
import type { OutcomePage } from '../contracts/outcome.ts';
import type { EventDraft, PayloadPolicy, TrailState } from '../contracts/trail.ts';

/** Where a frame begins. */
export interface LogPosition {
  /** Sequence number of the segment's first entry: its file's name. */
  readonly segment: number;
  /** Byte offset in that file. */
  readonly offset: number;
}

/** What is durable. `end` is behind the last complete frame. */
export interface CommittedLog {
  /** Number of entries. */
  readonly size: number;
  readonly end: LogPosition;
}

/** Where one entry lies. Erasing keeps every offset. */
export interface EntryLocation {
  readonly segment: number;
  readonly leafOffset: number;
  readonly leafBytes: number;
  readonly payloadOffset: number;
  /** 0: it has none. */
  readonly payloadBytes: number;
}

export interface StoredEntry {
  readonly seq: number;
  /** 32 bytes. */
  readonly leafHash: Buffer;
  /** The canonical JSON as stored; undefined: erased. */
  readonly leaf: Buffer | undefined;
  /** salt (32 bytes) ‖ JSON as stored; undefined: it has none; null: erased. */
  readonly payload: Buffer | null | undefined;
  readonly location: EntryLocation;
}

/** A draft together with what only the writer may add. Phase and intent are the trail's business. */
export interface AppendItem {
  readonly draft: EventDraft & {
    readonly phase: 'whole' | 'intent' | 'completion';
    /** Of a completion. */
    readonly intent?: number;
  };
}

export interface AppendReceipt {
  readonly seq: number;
  readonly id: string;
}

/** Who sent events from outside, and what that fixes in each of them. */
export interface IngestSource {
  readonly actor: EventDraft['actor'];
  /** The sender's token may write for these agents only; absent: for any. */
  readonly agents?: readonly string[];
  /** What is kept of the bodies sent: by agent, and for events of others or of none. */
  readonly payloads?: {
    readonly agents: Readonly<Record<string, PayloadPolicy>>;
    readonly others: PayloadPolicy;
  };
}

export type IngestFormat = 'ndjson' | 'otlp-json' | 'otlp-protobuf';

/** The log's own thread, seen from the main one. */
export interface LogWriter {
  /** Durable when it resolves, in this order and next to each other. @throws audit_unavailable */
  append(workspaceId: string, items: readonly AppendItem[]): Promise<readonly AppendReceipt[]>;
  /** Parses, checks and appends a whole body on the writer's thread. @throws audit_unavailable */
  ingest(
    workspaceId: string,
    body: Uint8Array,
    how: { readonly format: IngestFormat; readonly source: IngestSource },
  ): Promise<IngestReport>;
  state(): TrailState;
  committed(workspaceId: string): CommittedLog;
  /** Called after every commit, and after a start or a recovery. Returns the unsubscribe function. */
  onCommitted(listener: (workspaceId: string, committed: CommittedLog) => void): () => void;
  onStateChange(listener: (state: TrailState) => void): () => void;
  /** Writes tiles and checkpoint up to all that is committed. @returns the checkpoint's text */
  publish(workspaceId: string): Promise<string>;
  /** Overwrites with zeros what an `audit.erased` entry names; idempotent. */
  erase(
    workspaceId: string,
    what: {
      readonly what: 'payloads' | 'events';
      readonly ranges: readonly (readonly [number, number])[];
    },
  ): Promise<void>;
  /** Commits what waits, publishes, ends the thread. */
  close(): Promise<void>;
}

export interface DecodedEntry {
  readonly entry: AuditEntry;
  readonly payload: StoredPayload | null | undefined;
}

/** The index, seen from the main thread; queries run on a thread of their own. */
export interface AuditSearch {
  /** @throws event_query_invalid, event_cursor_invalid, audit_index_unavailable */
  list(
    workspaceId: string,
    terms: EventTerms,
    page: { readonly order?: 'asc' | 'desc'; readonly limit?: number; readonly cursor?: string },
  ): Promise<EventPage>;
  /** With its content. @throws event_not_found */
  get(workspaceId: string, id: string): Promise<EventResource>;
  /** @throws run_not_found */
  run(workspaceId: string, runId: string): Promise<RunResource>;
  /**
   * Events as they are begun and completed, in the order of the log, from behind `afterSeq` (a
   * sequence number of any entry) or from now on. `id` is what resumes it; `onThrough` is told the
   * last entry that was looked at, after what matched up to it was taken, and waited for.
   */
  follow(
    workspaceId: string,
    terms: EventTerms,
    how: {
      readonly afterSeq?: number;
      readonly signal: AbortSignal;
      readonly onThrough?: (seq: number) => void | Promise<void>;
    },
  ): AsyncIterable<{ readonly id: string; readonly data: EventResource }>;
  /**
   * How calls ended: today's sums, the last hour by slots, then what ends from now on, at most some
   * times a second. Ends when the signal comes.
   * @throws audit_index_unavailable: to be begun anew then
   */
  followOutcomes(
    workspaceId: string,
    how: { readonly nowMs: number; readonly signal: AbortSignal },
  ): AsyncIterable<OutcomePage>;
  /**
   * Every entry (intents and completions each) of the events that match, ascending by sequence
   * number, below `size`; in batches, so that ten million need little memory.
   */
  entries(
    workspaceId: string,
    terms: EventTerms,
    how: { readonly size: number; readonly signal?: AbortSignal },
  ): AsyncIterable<readonly (EntryLocation & { readonly seq: number })[]>;
  /** Intents below `size` without a completion. */
  openIntents(
    workspaceId: string,
    size: number,
  ): Promise<readonly { readonly seq: number; readonly event: EventResource }[]>;
  /** Number of entries that can be found. */
  indexed(workspaceId: string): number;
  /** Resolves when that many can be found. @throws audit_index_unavailable after the time */
  caughtUp(workspaceId: string, size: number, how: { readonly timeoutMs: number }): Promise<void>;
  /** Makes the index again from the segments; queries go on with what is there so far. */
  reindex(workspaceId: string): Promise<{ readonly entries: number; readonly durationMs: number }>;
  /** Takes the text and facts of erased entries out of the index. */
  forget(
    workspaceId: string,
    what: {
      readonly what: 'payloads' | 'events';
      readonly ranges: readonly (readonly [number, number])[];
    },
  ): Promise<void>;
  close(): Promise<void>;
}
