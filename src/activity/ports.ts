/** What the area needs of others, all of one workspace. */
import type { EventResource } from '../contracts/event.ts';
import type { EventTerms } from '../contracts/event-query.ts';
import type { OutcomePage } from '../contracts/outcome.ts';
import type { AgentResource } from '../contracts/resources.ts';

/** The audit log. */
export interface ActivityLog {
  /** Ends when the signal comes. @throws to be begun anew */
  followOutcomes(
    workspaceId: string,
    how: { readonly nowMs: number; readonly signal: AbortSignal },
  ): AsyncIterable<OutcomePage>;
  /**
   * `onThrough` is told the last entry that was looked at, after what matched up to it was taken,
   * and waited for.
   */
  follow(
    workspaceId: string,
    terms: EventTerms,
    how: {
      readonly afterSeq: number;
      readonly signal: AbortSignal;
      readonly onThrough?: (seq: number) => void | Promise<void>;
    },
  ): AsyncIterable<{ readonly id: string; readonly data: EventResource }>;
  /** Number of entries that can be found. */
  indexed(workspaceId: string): number;
  /** Number of entries that are durable. */
  committed(workspaceId: string): number;
}

/** Decimal text, US dollars. */
export interface AgentCosts {
  readonly today: string;
  readonly thisMonth: string;
}

export interface CostFigures {
  readonly totals: AgentCosts;
  readonly agents: ReadonlyMap<string, AgentCosts>;
  /** false: calls of before the start are still being added up. */
  readonly complete: boolean;
}

export type AgentChange =
  | { readonly type: 'agent'; readonly agent: AgentResource }
  | { readonly type: 'agent_deleted'; readonly name: string };

export interface AgentSource {
  list(): Promise<readonly AgentResource[]>;
  /** All states, then every change. */
  watch(signal: AbortSignal): AsyncIterable<AgentChange>;
}
