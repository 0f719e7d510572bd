import type { Kysely } from 'kysely';
import type { EgressMode, EgressRule } from '../contracts/egress-policy.ts';
import type { Schema } from './schema.ts';

/** A rule that was added live, beside those of the agent's revision. */
export interface EgressRuleRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly agent: string;
  readonly rule: EgressRule;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** A mode that was set live, in place of the revision's. */
export interface EgressModeRow {
  readonly workspaceId: string;
  readonly agent: string;
  readonly mode: EgressMode;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface EgressRuleStore {
  /** Of all workspaces, oldest first: they are held in memory. */
  rules(): Promise<readonly EgressRuleRow[]>;
  modes(): Promise<readonly EgressModeRow[]>;
  insertRule(row: EgressRuleRow): Promise<void>;
  removeRule(rule: { workspaceId: string; id: string }): Promise<void>;
  putMode(row: EgressModeRow): Promise<void>;
  removeMode(agent: { workspaceId: string; agent: string }): Promise<void>;
  /** Rules and mode of an agent that is gone. */
  removeAll(agent: { workspaceId: string; agent: string }): Promise<void>;
}

export function createEgressRuleStore(db: Kysely<Schema>): EgressRuleStore {
  const removeMode: EgressRuleStore['removeMode'] = async ({ workspaceId, agent }) => {
    await db
      .deleteFrom('egressModes')
      .where('workspaceId', '=', workspaceId)
      .where('agent', '=', agent)
      .execute();
  };
  return {
    async rules() {
      const rows = await db.selectFrom('egressRules').selectAll().orderBy('id').execute();
      return rows.map((row) => ({ ...row, rule: JSON.parse(row.rule) as EgressRule }));
    },
    async modes() {
      const rows = await db.selectFrom('egressModes').selectAll().execute();
      return rows.map((row) => ({ ...row, mode: row.mode as EgressMode }));
    },
    async insertRule(row) {
      const rule = JSON.stringify(row.rule);
      await db
        .insertInto('egressRules')
        .values({ ...row, rule })
        .execute();
    },
    async removeRule({ workspaceId, id }) {
      await db
        .deleteFrom('egressRules')
        .where('workspaceId', '=', workspaceId)
        .where('id', '=', id)
        .execute();
    },
    async putMode(row) {
      const { mode, updatedAtMs, updatedBy } = row;
      await db
        .insertInto('egressModes')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['workspaceId', 'agent']).doUpdateSet({ mode, updatedAtMs, updatedBy }),
        )
        .execute();
    },
    removeMode,
    async removeAll({ workspaceId, agent }) {
      await db
        .deleteFrom('egressRules')
        .where('workspaceId', '=', workspaceId)
        .where('agent', '=', agent)
        .execute();
      await removeMode({ workspaceId, agent });
    },
  };
}
