import type { Kysely, Selectable } from 'kysely';
import type { Schema, TokensTable } from './schema.ts';

export interface TokenRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly principalId: string;
  readonly name: string;
  /** 64 hexadecimal digits. The secret itself is stored nowhere. */
  readonly secretSha256: string;
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  /** null: never. */
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

export interface TokenStore {
  insert(token: TokenRow): Promise<void>;
  /** Revoked and expired ones too: the caller judges. */
  findBySecret(secretSha256: string): Promise<TokenRow | undefined>;
  /** Newest first. */
  list(workspaceId: string): Promise<readonly TokenRow[]>;
  /** @returns false when there is no such token; revoking twice keeps the first time. */
  revoke(token: { workspaceId: string; id: string; nowMs: number }): Promise<boolean>;
  markUsed(id: string, nowMs: number): Promise<void>;
}

export function createTokenStore(db: Kysely<Schema>): TokenStore {
  const rows = () => db.selectFrom('tokens').selectAll();
  return {
    async insert({ scopes, ...same }) {
      await db
        .insertInto('tokens')
        .values({ ...same, scopes: JSON.stringify(scopes) })
        .execute();
    },
    async findBySecret(secretSha256) {
      const row = await rows().where('secretSha256', '=', secretSha256).executeTakeFirst();
      return row && tokenOf(row);
    },
    async list(workspaceId) {
      const found = await rows()
        .where('workspaceId', '=', workspaceId)
        .orderBy('id', 'desc')
        .execute();
      return found.map(tokenOf);
    },
    async revoke({ workspaceId, id, nowMs }) {
      const result = await db
        .updateTable('tokens')
        .set((set) => ({ revokedAtMs: set.fn.coalesce('revokedAtMs', set.val(nowMs)) }))
        .where('id', '=', id)
        .where('workspaceId', '=', workspaceId)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async markUsed(id, nowMs) {
      await db.updateTable('tokens').set({ lastUsedAtMs: nowMs }).where('id', '=', id).execute();
    },
  };
}

function tokenOf({ scopes, ...same }: Selectable<TokensTable>): TokenRow {
  return { ...same, scopes: JSON.parse(scopes) };
}
