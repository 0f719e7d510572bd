import Big from 'big.js';
import { CURRENCY } from '../../contracts/cost.ts';
import type { BudgetRow } from '../../store/store.ts';
import type { Amount, Counter } from './totals.ts';

export type Needed = Amount;

/** In the unit of the limit, as text. */
export interface BudgetState {
  readonly unit: string;
  readonly limit: string;
  readonly spent: string;
  readonly reserved: string;
  readonly left: string;
}

export function budgetState(budget: BudgetRow, counter: Counter): BudgetState {
  if (budget.limitMoney === null) {
    const { spentTokens, reservedTokens } = counter;
    const limit = budget.limitTokens ?? 0;
    const left = Math.max(0, limit - spentTokens - reservedTokens);
    return {
      unit: 'tokens',
      ...{ limit: String(limit), spent: String(spentTokens) },
      ...{ reserved: String(reservedTokens), left: String(left) },
    };
  }
  const left = new Big(budget.limitMoney).minus(counter.spent).minus(counter.reserved);
  return {
    unit: CURRENCY,
    limit: budget.limitMoney,
    spent: counter.spent.toFixed(),
    reserved: counter.reserved.toFixed(),
    left: (left.lt(0) ? new Big(0) : left).toFixed(),
  };
}

/** May so much more be reserved? */
export function fits(budget: BudgetRow, { counter, needed }: { counter: Counter; needed: Needed }) {
  if (budget.limitMoney === null)
    return (
      counter.spentTokens + counter.reservedTokens + needed.tokens <= (budget.limitTokens ?? 0)
    );
  return counter.spent.plus(counter.reserved).plus(needed.money).lte(budget.limitMoney);
}
