/**
 * What is spent and reserved, by workspace and by agent, for each day, month and run. Kept whether
 * or not there is a budget, so that one that is set later knows what went before it.
 */
import Big from 'big.js';
import type { BudgetPeriod } from '../../contracts/cost.ts';

/** UTC, so that a day is the same everywhere: 2026-01-31. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export interface Amount {
  readonly money: Big;
  readonly tokens: number;
}

export interface Counter {
  spent: Big;
  spentTokens: number;
  reserved: Big;
  reservedTokens: number;
}

/** Where and when a call is counted. */
export interface Place {
  readonly day: string;
  readonly agent: string;
  readonly run: string | undefined;
}

/** Ended runs and days long past need no counter; those with a reservation are kept whatever comes. */
const MAX_COUNTERS = 50_000;

export class Totals {
  /** In the order of last use. */
  readonly #counters = new Map<string, Counter>();

  /** All six that a call at this place counts in. */
  of(place: Place): readonly Counter[] {
    const counters: Counter[] = [];
    for (const period of ['day', 'month', 'run'] as const)
      for (const agent of [null, place.agent])
        counters.push(this.counter(period, { ...place, agent }));
    return counters;
  }

  /** `agent` null: of the workspace. */
  counter(period: BudgetPeriod, at: Omit<Place, 'agent'> & { agent: string | null }): Counter {
    const key = `${at.agent ?? ''} ${periodName(period, at)}`;
    const known = this.#counters.get(key);
    const counter = known ?? { spent: ZERO, spentTokens: 0, reserved: ZERO, reservedTokens: 0 };
    if (known !== undefined) this.#counters.delete(key);
    this.#counters.set(key, counter);
    if (known === undefined && this.#counters.size > MAX_COUNTERS) this.#forget();
    return counter;
  }

  spend(place: Place, { money, tokens }: Amount): void {
    for (const counter of this.of(place)) {
      counter.spent = counter.spent.plus(money);
      counter.spentTokens += tokens;
    }
  }

  /** What the ledger knows of an earlier time; runs have rows of their own. */
  restore(place: Place, { by, money, tokens }: Amount & { readonly by: 'day' | 'run' }): void {
    for (const period of by === 'day' ? (['day', 'month'] as const) : (['run'] as const))
      for (const agent of [null, place.agent]) {
        const counter = this.counter(period, { ...place, agent });
        counter.spent = counter.spent.plus(money);
        counter.spentTokens += tokens;
      }
  }

  /** Drops runs that were not heard of for longest; days and months are few. */
  #forget(): void {
    let left = MAX_COUNTERS / 10;
    for (const [key, { reserved, reservedTokens }] of this.#counters) {
      if (!key.includes(' run ') || reservedTokens > 0 || reserved.gt(0)) continue;
      this.#counters.delete(key);
      if (--left <= 0) return;
    }
  }
}

/**
 * As events name it: `2026-01-31`, `2026-01`, `run 4bf9…`. Calls outside of any run share one a
 * day: who leaves the run out escapes no budget.
 */
export function periodName(
  period: BudgetPeriod,
  { day, run }: { readonly day: string; readonly run: string | undefined },
): string {
  if (period === 'day') return day;
  if (period === 'month') return day.slice(0, 7);
  return `run ${run ?? `none ${day}`}`;
}

/** When the period of a day ends; undefined: with its run. */
export function periodEndMs(period: BudgetPeriod, day: string): number | undefined {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  if (period === 'day') return Date.UTC(year, month - 1, date + 1);
  return period === 'month' ? Date.UTC(year, month, 1) : undefined;
}

const ZERO = new Big(0);
