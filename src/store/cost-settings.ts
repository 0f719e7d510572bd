import type { Kysely, Selectable } from 'kysely';
import type { CostBudgetsTable, Schema } from './schema.ts';

export interface PriceListRow {
  readonly workspaceId: string;
  readonly name: string;
  readonly version: string;
  readonly format: string;
  /** JSON. */
  readonly content: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

export interface BudgetRow {
  readonly workspaceId: string;
  readonly name: string;
  /** null: of the whole workspace. */
  readonly agent: string | null;
  readonly period: 'run' | 'day' | 'month';
  /** Decimal text; one of the two is set. */
  readonly limitMoney: string | null;
  readonly limitTokens: number | null;
  readonly thresholds: readonly number[];
  readonly allowUnpriced: boolean;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface PauseRow {
  readonly workspaceId: string;
  readonly agent: string;
  readonly reason: string;
  readonly pausedAtMs: number;
  readonly pausedBy: string;
}

/** What is set about costs: prices, budgets, and which agents are paused. */
export interface CostSettingsStore {
  /** Newest first. */
  priceLists(workspaceId: string): Promise<readonly PriceListRow[]>;
  putPriceList(row: PriceListRow): Promise<void>;
  removePriceList(workspaceId: string, name: string): Promise<void>;
  /** By name. */
  budgets(workspaceId: string): Promise<readonly BudgetRow[]>;
  putBudget(row: BudgetRow): Promise<void>;
  removeBudget(workspaceId: string, name: string): Promise<void>;
  /** By agent. */
  pauses(workspaceId: string): Promise<readonly PauseRow[]>;
  putPause(row: PauseRow): Promise<void>;
  removePause(workspaceId: string, agent: string): Promise<void>;
}

export function createCostSettingsStore(db: Kysely<Schema>): CostSettingsStore {
  return { ...prices(db), ...budgets(db), ...pauses(db) };
}

function prices(db: Kysely<Schema>) {
  return {
    async priceLists(workspaceId: string): Promise<readonly PriceListRow[]> {
      return db
        .selectFrom('costPrices')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .orderBy('createdAtMs', 'desc')
        .orderBy('name')
        .execute();
    },
    async putPriceList(row: PriceListRow) {
      const { workspaceId: _workspace, name: _name, ...rest } = row;
      await db
        .insertInto('costPrices')
        .values(row)
        .onConflict((conflict) => conflict.columns(['workspaceId', 'name']).doUpdateSet(rest))
        .execute();
    },
    async removePriceList(workspaceId: string, name: string) {
      await db
        .deleteFrom('costPrices')
        .where('workspaceId', '=', workspaceId)
        .where('name', '=', name)
        .execute();
    },
  };
}

function budgets(db: Kysely<Schema>) {
  return {
    async budgets(workspaceId: string): Promise<readonly BudgetRow[]> {
      const rows = await db
        .selectFrom('costBudgets')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .orderBy('name')
        .execute();
      return rows.map(budgetOf);
    },
    async putBudget({ thresholds, allowUnpriced, ...same }: BudgetRow) {
      const row = {
        ...same,
        thresholds: JSON.stringify(thresholds),
        allowUnpriced: allowUnpriced ? 1 : 0,
      };
      const { workspaceId: _workspace, name: _name, ...rest } = row;
      await db
        .insertInto('costBudgets')
        .values(row)
        .onConflict((conflict) => conflict.columns(['workspaceId', 'name']).doUpdateSet(rest))
        .execute();
    },
    async removeBudget(workspaceId: string, name: string) {
      await db
        .deleteFrom('costBudgets')
        .where('workspaceId', '=', workspaceId)
        .where('name', '=', name)
        .execute();
    },
  };
}

function pauses(db: Kysely<Schema>) {
  return {
    async pauses(workspaceId: string): Promise<readonly PauseRow[]> {
      return db
        .selectFrom('costPauses')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .orderBy('agent')
        .execute();
    },
    async putPause(row: PauseRow) {
      const { reason, pausedAtMs, pausedBy } = row;
      await db
        .insertInto('costPauses')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['workspaceId', 'agent']).doUpdateSet({ reason, pausedAtMs, pausedBy }),
        )
        .execute();
    },
    async removePause(workspaceId: string, agent: string) {
      await db
        .deleteFrom('costPauses')
        .where('workspaceId', '=', workspaceId)
        .where('agent', '=', agent)
        .execute();
    },
  };
}

function budgetOf(row: Selectable<CostBudgetsTable>): BudgetRow {
  return {
    ...row,
    period: row.period as BudgetRow['period'],
    thresholds: JSON.parse(row.thresholds) as readonly number[],
    allowUnpriced: row.allowUnpriced === 1,
  };
}
