import type { Kysely, Selectable } from 'kysely';
import type { AuditHoldsTable, AuditRetentionTable, Schema } from './schema.ts';

export interface AuditRetentionRow {
  readonly workspaceId: string;
  /** null: the workspace's own. */
  readonly agent: string | null;
  /** null: as long as the event. */
  readonly keepPayloadsDays: number | null;
  /** null: for ever. */
  readonly keepEventsDays: number | null;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface AuditHoldRow {
  readonly workspaceId: string;
  readonly name: string;
  readonly reason: string;
  readonly agent: string | null;
  readonly run: string | null;
  /** RFC 3339 in UTC with up to nine decimals, as it was given: more than milliseconds hold. */
  readonly since: string | null;
  readonly until: string | null;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** What retention of the audit log has to remember. The log itself says what was erased. */
export interface AuditRetentionStore {
  /** The workspace's own first, then by agent. */
  settings(workspaceId: string): Promise<readonly AuditRetentionRow[]>;
  putSetting(row: AuditRetentionRow): Promise<void>;
  removeSetting(setting: { workspaceId: string; agent: string | null }): Promise<void>;
  /** By name. */
  holds(workspaceId: string): Promise<readonly AuditHoldRow[]>;
  insertHold(row: AuditHoldRow): Promise<void>;
  removeHold(hold: { workspaceId: string; name: string }): Promise<void>;
  /** Every `audit.erased` entry up to this sequence number has been carried out; -1: none. */
  erasedUpTo(workspaceId: string): Promise<number>;
  markErased(workspaceId: string, seq: number): Promise<void>;
}

export function createAuditRetentionStore(db: Kysely<Schema>): AuditRetentionStore {
  return {
    async settings(workspaceId) {
      const rows = await db
        .selectFrom('auditRetention')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .orderBy('agent')
        .execute();
      return rows.map(settingOf);
    },
    async putSetting({ agent, ...same }) {
      const row = { ...same, agent: agent ?? '' };
      const { keepPayloadsDays, keepEventsDays, updatedAtMs, updatedBy } = row;
      await db
        .insertInto('auditRetention')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['workspaceId', 'agent'])
            .doUpdateSet({ keepPayloadsDays, keepEventsDays, updatedAtMs, updatedBy }),
        )
        .execute();
    },
    async removeSetting({ workspaceId, agent }) {
      await db
        .deleteFrom('auditRetention')
        .where('workspaceId', '=', workspaceId)
        .where('agent', '=', agent ?? '')
        .execute();
    },
    async holds(workspaceId): Promise<readonly Selectable<AuditHoldsTable>[]> {
      return db
        .selectFrom('auditHolds')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .orderBy('name')
        .execute();
    },
    async insertHold(row) {
      await db.insertInto('auditHolds').values(row).execute();
    },
    async removeHold({ workspaceId, name }) {
      await db
        .deleteFrom('auditHolds')
        .where('workspaceId', '=', workspaceId)
        .where('name', '=', name)
        .execute();
    },
    async erasedUpTo(workspaceId) {
      const row = await db
        .selectFrom('auditErasures')
        .select('doneSeq')
        .where('workspaceId', '=', workspaceId)
        .executeTakeFirst();
      return row?.doneSeq ?? -1;
    },
    async markErased(workspaceId, doneSeq) {
      await db
        .insertInto('auditErasures')
        .values({ workspaceId, doneSeq })
        .onConflict((conflict) => conflict.column('workspaceId').doUpdateSet({ doneSeq }))
        .execute();
    },
  };
}

function settingOf({ agent, ...same }: Selectable<AuditRetentionTable>): AuditRetentionRow {
  return { ...same, agent: agent === '' ? null : agent };
}
