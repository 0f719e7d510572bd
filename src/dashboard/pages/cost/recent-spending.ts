import type { BudgetResource, CostReport } from '../../../contracts/cost.ts';
import { differenceOf, sumOf } from '../../ui/decimal.ts';
import type { RecentSpending } from './budget-forecast.ts';
import { periodStartMs } from './budget-forecast.ts';
import { isMachineTime } from './cost-rows.ts';

/** What counts against the budget in the days of the report, of which the last is not over. */
export function recentSpending(
  { limit }: Pick<BudgetResource, 'limit'>,
  { report, nowMs }: { readonly report: CostReport; readonly nowMs: number },
): RecentSpending {
  const { amount, tokens } = report.totals;
  const machines = sumOf(report.rows.filter(isMachineTime).map((row) => row.amount));
  const { input, output, cacheRead, cacheWrite, reasoning } = tokens;
  return {
    spent:
      limit.money === undefined
        ? input + output + cacheRead + cacheWrite + reasoning
        : Number(differenceOf(amount, machines)),
    overMs: nowMs - periodStartMs(report.since),
  };
}
