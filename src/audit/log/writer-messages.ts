/** Between the main thread and the writer's. */
import type { IngestReport } from '../../contracts/event-query.ts';
import type { CapturedBody } from '../../contracts/trail.ts';
import type { AppendItem, CommittedLog, IngestFormat, IngestSource } from '../ports.ts';
import type { Erasure } from './erase-ranges.ts';

export interface WriterThreadData {
  readonly dir: string;
  readonly segmentBytes: number;
  readonly publishAfterMs: number;
  /** Time comes with the messages; otherwise from the system. */
  readonly hasOwnClock: boolean;
  readonly nowMs: number;
  /** When an earlier thread ended without being told to. */
  readonly before:
    | { readonly reason: string; readonly sinceMs: number; readonly refused: number }
    | undefined;
}

/** A body's bytes lie in the message's buffer. */
export type SentBody = Omit<CapturedBody, 'head'> & {
  readonly at: number;
  readonly length: number;
};

export interface AppendRequest {
  readonly request: number;
  readonly workspaceId: string;
  readonly items: readonly AppendItem[];
}

export type ToWriter =
  | {
      readonly type: 'append';
      readonly nowMs: number;
      /** JSON of AppendRequest[], bodies as SentBody: several times cheaper than a structured clone. */
      readonly requests: string;
      readonly bodies: Uint8Array;
    }
  | {
      readonly type: 'ingest';
      readonly nowMs: number;
      readonly request: number;
      readonly workspaceId: string;
      readonly body: Uint8Array;
      readonly format: IngestFormat;
      readonly source: IngestSource;
    }
  | { readonly type: 'publish'; readonly request: number; readonly workspaceId: string }
  | {
      readonly type: 'erase';
      readonly request: number;
      readonly workspaceId: string;
      readonly erasure: Erasure;
    }
  | { readonly type: 'close' };

export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AppendReply {
  readonly firstSeq: number;
}

export type Reply =
  | { readonly request: number; readonly result: AppendReply | IngestReport | string | undefined }
  | { readonly request: number; readonly error: SentError };

/** In the order of what happened. */
export type FromWriter =
  | { readonly type: 'ready' }
  | {
      readonly type: 'news';
      readonly committed: ReadonlyMap<string, CommittedLog>;
      readonly states: ReadonlyMap<string, string | undefined>;
      readonly replies: readonly Reply[];
    }
  | {
      readonly type: 'log';
      readonly level: 'warn' | 'error';
      readonly fields: object;
      readonly text: string;
    }
  | { readonly type: 'closed' };
