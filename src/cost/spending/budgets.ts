/** Budgets as they are set, shown and deleted. */

import type { z } from 'zod';
import { type Clock, isoTime } from '../../base/clock.ts';
import type { BudgetResource, budgetBody } from '../../contracts/cost.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { BudgetRow, CostStore } from '../../store/store.ts';
import { auditedChange, type ChangedBy, oneAtATime } from '../audited-change.ts';
import { costErrors } from '../errors.ts';
import { costEvents } from '../events.ts';
import { budgetState } from './budget-state.ts';
import type { BudgetWatch } from './budget-watch.ts';
import { dayOf, type Place, periodEndMs, periodName, type Totals } from './totals.ts';
import type { SpendingRules } from './workspace-spending.ts';

export type ParsedBudget = z.output<typeof budgetBody>;

export interface Budgets {
  list(): readonly BudgetResource[];
  /** Made, or changed in place. @throws audit_unavailable */
  set(body: ParsedBudget, by: ChangedBy): Promise<BudgetResource>;
  /** @throws budget_not_found, audit_unavailable */
  remove(name: string, by: ChangedBy): Promise<void>;
}

export interface BudgetsOptions {
  readonly workspaceId: string;
  readonly store: CostStore;
  readonly trail: Pick<Trail, 'begin' | 'record'>;
  readonly clock: Clock;
  readonly rules: SpendingRules;
  readonly totals: Totals;
  readonly watch: BudgetWatch;
}

export async function openBudgets(options: BudgetsOptions): Promise<Budgets> {
  const { workspaceId, store, trail, clock, rules, totals, watch } = options;
  const inTurn = oneAtATime();
  const load = async () => {
    rules.budgets = await store.budgets(workspaceId);
  };
  await load();

  const now = (agent: string | null): Place => ({
    ...{ day: dayOf(clock.nowMs()), agent: agent ?? '', run: undefined },
  });
  const counterOf = (budget: BudgetRow) =>
    totals.counter(budget.period, { ...now(budget.agent), agent: budget.agent });

  function resource(budget: BudgetRow): BudgetResource {
    const { name, agent, period, thresholds, allowUnpriced, updatedAtMs, updatedBy } = budget;
    const { spent, reserved, left } = budgetState(budget, counterOf(budget));
    const place = now(agent);
    const endMs = periodEndMs(period, place.day);
    return {
      ...{ name, agent, period, thresholds: [...thresholds], allowUnpriced, updatedBy },
      limit:
        budget.limitMoney === null
          ? { tokens: budget.limitTokens ?? 0 }
          : { money: budget.limitMoney },
      now:
        endMs === undefined
          ? null
          : { spent, reserved, left, period: periodName(period, place), resetsAt: isoTime(endMs) },
      updatedAt: isoTime(updatedAtMs),
    };
  }

  return {
    list: () => rules.budgets.map(resource),
    set: (body, by) =>
      inTurn(async () => {
        const row = rowOf(body, { workspaceId, nowMs: clock.nowMs(), by });
        const earlier = rules.budgets.find(({ name }) => name === row.name);
        const attributes = { before: summaryOf(earlier), after: summaryOf(row) };
        const change = { kind: costEvents['budget.set'], agent: row.agent, attributes };
        await auditedChange({ trail, by, change }, async () => {
          await store.putBudget(row);
          await load();
        });
        watch.changed(row);
        if (row.period !== 'run')
          watch.spent(row, { counter: counterOf(row), place: now(row.agent), anew: true });
        return resource(row);
      }),
    remove: (name, by) =>
      inTurn(async () => {
        const earlier = rules.budgets.find((one) => one.name === name);
        const refused =
          earlier === undefined
            ? costErrors.budget_not_found(`There is no budget "${name.slice(0, 100)}".`)
            : undefined;
        const attributes = { name: name.slice(0, 100), before: summaryOf(earlier), after: null };
        const kind = costEvents['budget.deleted'];
        const change = { kind, agent: earlier?.agent ?? null, attributes, refused };
        await auditedChange({ trail, by, change }, async () => {
          await store.removeBudget(workspaceId, name);
          await load();
        });
        watch.changed({ name });
      }),
  };
}

function rowOf(
  body: ParsedBudget,
  { workspaceId, nowMs, by }: { workspaceId: string; nowMs: number; by: ChangedBy },
): BudgetRow {
  const { name, agent = null, period, limit, thresholds, allowUnpriced } = body;
  return {
    ...{ workspaceId, name, agent, period, allowUnpriced },
    limitMoney: 'money' in limit ? limit.money : null,
    limitTokens: 'tokens' in limit ? limit.tokens : null,
    thresholds: [...new Set(thresholds)].sort((a, b) => a - b),
    updatedAtMs: nowMs,
    updatedBy: by.actor.name,
  };
}

function summaryOf(budget: BudgetRow | undefined) {
  if (budget === undefined) return null;
  const { name, agent, period, limitMoney, limitTokens, thresholds, allowUnpriced } = budget;
  const limit = limitMoney === null ? { tokens: limitTokens } : { money: limitMoney };
  return { name, agent, period, limit, thresholds: [...thresholds], allowUnpriced };
}
