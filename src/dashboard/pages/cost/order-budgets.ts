import type { BudgetResource } from '../../../contracts/cost.ts';
import { budgetShare } from '../overview/tightest-budget.ts';

/** Those that the most is used of first; those of runs, which have no share, last. */
export function orderBudgets(budgets: readonly BudgetResource[]): readonly BudgetResource[] {
  const used = (budget: BudgetResource) => (budget.now === null ? -1 : budgetShare(budget));
  return budgets.toSorted((a, b) => used(b) - used(a) || (a.name < b.name ? -1 : 1));
}
