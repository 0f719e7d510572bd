/** What main thread, indexer and query thread say to each other. */
import type { EventResource } from '../../contracts/event.ts';
import type { EventPage, EventTerms, RunResource } from '../../contracts/event-query.ts';
import type { OutcomeSums } from '../../contracts/outcome.ts';
import type { CommittedLog, EntryLocation, LogPosition } from '../ports.ts';
import type { CountRequest } from './count-outcomes.ts';
import type { Erased } from './forget-erased.ts';
import type { ReadOutcomes, ReadOutcomesRequest } from './read-outcomes.ts';

export interface IndexerData {
  /** SWARM_HOME/audit */
  readonly dir: string;
}

export type LogLine = {
  readonly kind: 'log';
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** To the indexer, besides calls. */
export type ToIndexer =
  | { readonly kind: 'committed'; readonly workspaceId: string; readonly log: CommittedLog }
  | { readonly kind: 'damaged'; readonly workspaceId: string; readonly reason: string }
  | { readonly kind: 'released'; readonly workspaceId: string };

/** From the indexer, besides answers. `release`: readers must close the file; it is exchanged. */
export type FromIndexer =
  | LogLine
  | { readonly kind: 'indexed'; readonly workspaceId: string; readonly size: number }
  | { readonly kind: 'release'; readonly workspaceId: string }
  | { readonly kind: 'exchanged'; readonly workspaceId: string };

export type IndexerCalls = {
  reindex: {
    args: { readonly workspaceId: string };
    result: { readonly entries: number; readonly durationMs: number };
  };
  forget: { args: { readonly workspaceId: string; readonly erased: Erased }; result: undefined };
  close: { args: undefined; result: undefined };
};

/** From the query thread, besides answers. */
export type FromQuery =
  | LogLine
  | { readonly kind: 'damaged'; readonly workspaceId: string; readonly reason: string };

export interface SeqPage {
  readonly limit: number;
  /** Behind the last that was seen. */
  readonly afterSeq: number;
}

export interface EventEntries {
  readonly seq: number;
  readonly location: EntryLocation;
  readonly completion: { readonly seq: number; readonly location: EntryLocation } | undefined;
}

/** `through`: everything up to it was looked at. */
export interface Followed {
  readonly items: readonly { readonly id: string; readonly data: EventResource }[];
  readonly through: number;
  readonly position: LogPosition;
}

type In<T> = T & { readonly workspaceId: string };

export type QueryCalls = {
  list: {
    args: In<{
      readonly terms: EventTerms;
      readonly order: 'asc' | 'desc';
      readonly limit: number;
      readonly cursor: string | undefined;
    }>;
    result: EventPage;
  };
  get: { args: In<{ readonly id: string }>; result: EventResource };
  run: { args: In<{ readonly runId: string }>; result: RunResource };
  entries: {
    args: In<{ readonly terms: EventTerms; readonly page: SeqPage; readonly size: number }>;
    result: {
      readonly events: readonly EventEntries[];
      readonly through: number;
      readonly done: boolean;
    };
  };
  follow: {
    args: In<{
      readonly terms: EventTerms;
      readonly page: SeqPage;
      readonly position: LogPosition | undefined;
      readonly log: CommittedLog;
    }>;
    result: Followed;
  };
  outcomes: { args: In<ReadOutcomesRequest>; result: ReadOutcomes };
  entryAtTime: {
    args: In<{ readonly sinceMs: number; readonly log: CommittedLog }>;
    result: { readonly seq: number; readonly position: LogPosition };
  };
  countOutcomes: { args: In<CountRequest>; result: readonly OutcomeSums[] };
  openIntents: {
    args: In<{ readonly page: SeqPage; readonly size: number }>;
    result: {
      readonly intents: readonly { readonly seq: number; readonly event: EventResource }[];
      readonly through: number;
      readonly done: boolean;
    };
  };
  release: { args: In<unknown>; result: undefined };
  reopen: { args: In<unknown>; result: undefined };
  close: { args: undefined; result: undefined };
};
