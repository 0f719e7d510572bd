/**
 * What the agents of one workspace may spend. `reserve` is synchronous and takes what a call may
 * cost at most before it is made, so that however many calls run at once, what they spend together
 * stays within every budget; `settle` puts what it did cost in its place.
 */
import Big from 'big.js';
import type { Clock } from '../../base/clock.ts';
import { CURRENCY } from '../../contracts/cost.ts';
import type {
  CallCost,
  EgressCaller,
  MeteredRequest,
  MeteredUsage,
  Reservation,
  Spending,
  SpendRefusal,
} from '../../contracts/egress.ts';
import type { EventTokens } from '../../contracts/event.ts';
import type { BudgetRow, PauseRow } from '../../store/store.ts';
import { priceCall } from '../prices/price-call.ts';
import type { PriceIndex } from '../prices/price-index.ts';
import { fits } from './budget-state.ts';
import type { BudgetWatch } from './budget-watch.ts';
import { type CallBounds, isPriced, type Most, mostOf } from './most-cost.ts';
import type { RateLimits } from './rate-limits.ts';
import { exhausted, paused, rateLimited, stillAdding, withoutPrice } from './refusals.ts';
import { type Amount, dayOf, type Place, type Totals } from './totals.ts';

/** Replaced as a whole whenever something changes. */
export interface SpendingRules {
  prices: PriceIndex;
  budgets: readonly BudgetRow[];
  readonly pauses: Map<string, PauseRow>;
  /** What was spent before this start is known. */
  complete: boolean;
}

export interface WorkspaceSpendingOptions {
  readonly rules: SpendingRules;
  readonly totals: Totals;
  readonly watch: BudgetWatch;
  readonly limits: RateLimits;
  readonly bounds: CallBounds;
  readonly clock: Clock;
  /** Of the agent's policy, for each host; undefined: no limit. */
  callsPerMinute(caller: EgressCaller): number | undefined;
}

type Call = Parameters<Spending['reserve']>[0];

export class WorkspaceSpending {
  readonly #options: WorkspaceSpendingOptions;

  constructor(options: WorkspaceSpendingOptions) {
    this.#options = options;
  }

  paused({ agent }: EgressCaller): SpendRefusal | undefined {
    const pause = this.#options.rules.pauses.get(agent);
    return pause && paused(pause);
  }

  reserve(call: Call): Reservation | SpendRefusal {
    const { rules, limits, clock, bounds } = this.#options;
    const { caller, request } = call;
    const pause = this.paused(caller);
    if (pause !== undefined) return pause;
    const perMinute = this.#options.callsPerMinute(caller);
    const rateKey = `${caller.agent} ${call.host}`;
    const waitMs = perMinute === undefined ? 0 : limits.waitMs(rateKey, perMinute);
    if (perMinute !== undefined && waitMs > 0) return rateLimited(call, { perMinute, waitMs });
    const place = { day: dayOf(clock.nowMs()), agent: caller.agent, run: call.run };
    const most = isPriced(request) ? mostOf(request, { prices: rules.prices, bounds }) : undefined;
    const refusal = most === undefined ? undefined : this.#refuse(call, { place, most });
    if (refusal !== undefined) return refusal;
    if (perMinute !== undefined) limits.take(rateKey, perMinute);
    if (most === undefined) return FREE;
    return this.#hold(request, { place, most });
  }

  /** Every budget has its say, and only then is anything reserved. */
  #refuse(
    { request }: Call,
    { place, most }: { place: Place; most: Most },
  ): SpendRefusal | undefined {
    const { rules, totals, watch, clock } = this.#options;
    for (const budget of budgetsOf(rules, place)) {
      if (!rules.complete) return stillAdding(budget);
      if (most.unpriced && budget.limitMoney !== null && !budget.allowUnpriced)
        return withoutPrice(budget, request);
      const counter = totals.counter(budget.period, { ...place, agent: budget.agent });
      watch.seen(budget, { counter, place });
      if (fits(budget, { counter, needed: most })) continue;
      watch.refused(budget, { counter, place, needed: most });
      return exhausted(budget, { counter, place, needed: most, nowMs: clock.nowMs() });
    }
    return undefined;
  }

  #hold(request: MeteredRequest, { place, most }: { place: Place; most: Most }): Reservation {
    const counters = this.#options.totals.of(place);
    for (const counter of counters) {
      counter.reserved = counter.reserved.plus(most.money);
      counter.reservedTokens += most.tokens;
    }
    let settled: ReturnType<Reservation['settle']> | undefined;
    return {
      settle: (usage) => {
        if (settled !== undefined) return settled;
        for (const counter of counters) {
          counter.reserved = counter.reserved.minus(most.money);
          counter.reservedTokens -= most.tokens;
        }
        const { spent, ...result } = this.#priced(request, { usage, most });
        settled = result;
        if (spent !== undefined) this.#spend(place, spent);
        return settled;
      },
    };
  }

  #priced(
    request: MeteredRequest,
    { usage, most }: { usage: MeteredUsage | undefined; most: Most },
  ): { spent?: Amount; cost?: CallCost; unpriced?: true } {
    if (usage === undefined) return {};
    const { tokens } = usage;
    // An answer that hides what it used must not make the call free: budgets keep all that was held.
    if (usage.missing === true || tokens === undefined)
      return usage.missing === true ? { spent: most } : {};
    const cost = this.#cost(request, { ...usage, tokens });
    const spent = { money: new Big(cost?.amount ?? 0), tokens: allOf(tokens) };
    return cost === undefined ? { spent, unpriced: true } : { spent, cost };
  }

  /** By the model that answered; by the one that was asked for where that has no price. */
  #cost(
    request: MeteredRequest,
    { model, tokens }: { model?: string; tokens: EventTokens },
  ): CallCost | undefined {
    const { prices } = this.#options.rules;
    for (const name of [model, request.model]) {
      const found = name === undefined ? undefined : prices.find(name, request.provider);
      const amount = found && priceCall(tokens, found.price);
      if (amount !== undefined && found !== undefined)
        return { amount: amount.toFixed(), currency: CURRENCY, prices: found.version };
    }
    return undefined;
  }

  #spend(place: Place, spent: Amount): void {
    const { totals, watch, rules } = this.#options;
    totals.spend(place, spent);
    for (const budget of budgetsOf(rules, place)) {
      const counter = totals.counter(budget.period, { ...place, agent: budget.agent });
      watch.spent(budget, { counter, place });
    }
  }
}

function budgetsOf({ budgets }: SpendingRules, { agent }: Place): readonly BudgetRow[] {
  return budgets.filter((budget) => budget.agent === null || budget.agent === agent);
}

function allOf(tokens: EventTokens): number {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, reasoning = 0 } = tokens;
  return Math.min(input + output + cacheRead + cacheWrite + reasoning, MOST_TOKENS);
}

/** An upstream may claim anything: so sums stay whole numbers. */
const MOST_TOKENS = 1_000_000_000;

/** Tools and plain calls: nothing is held, and nothing is priced. */
const FREE: Reservation = { settle: () => ({}) };
