/** Prices, spending and sums of one workspace, put together. */
import Big from 'big.js';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CostReport } from '../contracts/cost.ts';
import type { EgressCaller } from '../contracts/egress.ts';
import type { Trail } from '../contracts/trail.ts';
import type { CostSums, Store } from '../store/store.ts';
import { costReport, type ReportQuery } from './ledger/cost-report.ts';
import { type CostLog, Ledger } from './ledger/ledger.ts';
import { isMachineTime, tokensOf } from './ledger/ledger-entry.ts';
import { MachineMeter } from './machine-time/machine-meter.ts';
import { openPriceLists, type PriceLists } from './prices/price-lists.ts';
import { BudgetWatch } from './spending/budget-watch.ts';
import { type Budgets, openBudgets } from './spending/budgets.ts';
import type { CallBounds } from './spending/most-cost.ts';
import { openPauses, type Pauses } from './spending/pauses.ts';
import { RateLimits } from './spending/rate-limits.ts';
import { type Amount, dayOf, Totals } from './spending/totals.ts';
import { type SpendingRules, WorkspaceSpending } from './spending/workspace-spending.ts';

export interface WorkspaceCostOptions {
  readonly workspaceId: string;
  readonly store: Store;
  readonly trail: Trail;
  readonly costLog: CostLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bounds: CallBounds;
  callsPerMinute(caller: EgressCaller): number | undefined;
  onPaused(agent: string): void;
}

export interface WorkspaceCost {
  readonly spending: WorkspaceSpending;
  readonly prices: PriceLists;
  readonly budgets: Budgets;
  readonly pauses: Pauses;
  /** Of all calls whose end is in the log. @throws cost_time_invalid */
  report(query: ReportQuery): Promise<CostReport>;
  /** Prices the time of machines up to now. */
  meterMachines(): Promise<void>;
  close(): Promise<void>;
}

/** How far back runs are remembered when swarmd starts. */
const RUN_DAYS = 7;
const MAX_RUN_ROWS = 20_000;
const DAY_MS = 86_400_000;

export async function openWorkspaceCost(options: WorkspaceCostOptions): Promise<WorkspaceCost> {
  const { workspaceId, store, trail, clock, log } = options;
  const totals = new Totals();
  const watch = new BudgetWatch(trail);
  const prices = await openPriceLists({ ...options, store: store.cost });
  const rules: SpendingRules = {
    get prices() {
      return prices.index;
    },
    ...{ budgets: [], pauses: new Map(), complete: false },
  };
  const shared = { ...options, store: store.cost, rules, totals, watch };
  const budgets = await openBudgets(shared);
  const pauses = await openPauses(shared);
  await restoreTotals(totals, options);
  const ledger = new Ledger({
    ...options,
    onEarlier(row) {
      if (!isMachineTime(row))
        totals.spend({ day: row.day, agent: row.agent, run: row.run || undefined }, amountOf(row));
    },
    onComplete() {
      rules.complete = true;
    },
  });
  await ledger.start();
  const isComplete = () => rules.complete;
  const meter = new MachineMeter({
    ...{ workspaceId, trail, clock, log, prices, isComplete },
    store: store.cost,
  });
  meter.start();
  return {
    spending: new WorkspaceSpending({ ...shared, limits: new RateLimits(clock) }),
    ...{ prices, budgets, pauses },
    async report(query) {
      // What cannot be stored now is missing from this answer, and is in the log.
      await ledger.flush().catch((error: unknown) => {
        log.warn({ error: describeError(error) }, 'sums of costs could not be stored');
      });
      const report = await costReport(query, { store: store.cost, workspaceId, clock });
      return { ...report, complete: rules.complete };
    },
    meterMachines: () => meter.run(),
    async close() {
      await meter.close();
      await ledger.close();
    },
  };
}

/** What the ledger has; what the log has beyond it is added as it is read. */
async function restoreTotals(
  totals: Totals,
  { store, workspaceId, clock }: Pick<WorkspaceCostOptions, 'store' | 'workspaceId' | 'clock'>,
): Promise<void> {
  const nowMs = clock.nowMs();
  // The month before too: clocks are set back.
  const monthBefore = `${dayOf(Date.parse(`${dayOf(nowMs).slice(0, 7)}-01`) - DAY_MS).slice(0, 7)}-01`;
  for (const row of await store.cost.days({ workspaceId, since: monthBefore }))
    if (!isMachineTime(row))
      totals.restore({ ...row, run: undefined }, { by: 'day', ...amountOf(row) });
  const since = dayOf(nowMs - RUN_DAYS * DAY_MS);
  for (const row of await store.cost.runs({ workspaceId, since, limit: MAX_RUN_ROWS }))
    if (!isMachineTime(row))
      totals.restore({ ...row, run: row.run || undefined }, { by: 'run', ...amountOf(row) });
}

function amountOf(sums: CostSums): Amount {
  return { money: new Big(sums.amount), tokens: tokensOf(sums) };
}
