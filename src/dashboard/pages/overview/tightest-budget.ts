import type { BudgetResource } from '../../../contracts/cost.ts';
import { shareOf, sumOf } from '../../ui/decimal.ts';

/** Of a budget’s limit: spent, and held for calls under way. 0 for runs, of which each has its own. */
export function budgetShare({ now, limit }: Pick<BudgetResource, 'now' | 'limit'>): number {
  const most = limit.money ?? String(limit.tokens ?? 0);
  return now === null ? 0 : shareOf(sumOf([now.spent, now.reserved]), most);
}

/** The budget of money of that period that the most is used of: it will refuse calls first. */
export function tightestBudget(
  budgets: readonly BudgetResource[],
  period: BudgetResource['period'],
): BudgetResource | undefined {
  return budgets
    .filter((budget) => budget.period === period && budget.limit.money !== undefined)
    .toSorted((a, b) => budgetShare(b) - budgetShare(a) || (a.name < b.name ? -1 : 1))[0];
}

/** Budgets of that period, of money or of tokens, that nothing is left of. */
export function countUsedUp(
  budgets: readonly BudgetResource[],
  period: BudgetResource['period'],
): number {
  return budgets.filter((budget) => budget.period === period && budgetShare(budget) >= 1).length;
}

/** Rounded down: 100 % is all of it, and 0 % nothing. */
export function percentUsed(share: number): string {
  if (share > 0 && share < 0.01) return '< 1 %';
  return `${Math.floor(share * 100)} %`;
}

/** How it looks: as its thresholds usually are. */
export function budgetTone(share: number): 'accent' | 'warn' | 'bad' {
  if (share >= 1) return 'bad';
  return share >= 0.8 ? 'warn' : 'accent';
}
