/** How calls ended, added up by agent and time: what the audit log tells whoever shows figures. */
import type { EventResource } from './event.ts';

/** Outcomes are grouped by the slot that they ended in: its number since 1970. */
export const OUTCOME_SLOT_MS = 5_000;

export interface OutcomeSums {
  /** Absent: of no agent that anybody could name. */
  readonly agent?: string;
  /** Calls into it that it took, those that failed included. */
  readonly calls: number;
  readonly errors: number;
  /** Refused on the way in: whoever calls may have made the name up. */
  readonly refusedIn: number;
  /** Refused on the way out. */
  readonly refusedOut: number;
}

export interface OutcomeGroup extends OutcomeSums {
  readonly slot: number;
  /** Of its calls, in milliseconds, in no order. */
  readonly durationsMs: readonly number[];
}

/** What ended, in the order of the log. */
export type OutcomePage =
  /** Of the day that is now (UTC), before the hour that is told in slots. */
  | { readonly type: 'day'; readonly dayStartMs: number; readonly sums: readonly OutcomeSums[] }
  | {
      readonly type: 'slots';
      readonly groups: readonly OutcomeGroup[];
      /** The newest of this page, in any order: events of any kind. */
      readonly failures: readonly EventResource[];
      readonly refusals: readonly EventResource[];
      /** Everything that was there when it was asked for has been told. */
      readonly isCaughtUp: boolean;
    };
