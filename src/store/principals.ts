import type { Kysely, Selectable } from 'kysely';
import type { Actor } from '../contracts/actor.ts';
import type { PrincipalsTable, Schema } from './schema.ts';

export interface PrincipalRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly kind: Actor['kind'];
  readonly name: string;
  readonly createdAtMs: number;
}

export interface PrincipalStore {
  /** Writes it unless it is there already. */
  ensure(principal: PrincipalRow): Promise<void>;
  find(id: string): Promise<PrincipalRow | undefined>;
  list(workspaceId: string): Promise<readonly PrincipalRow[]>;
}

export function createPrincipalStore(db: Kysely<Schema>): PrincipalStore {
  const rows = () => db.selectFrom('principals').selectAll();
  return {
    async ensure(principal) {
      await db
        .insertInto('principals')
        .values(principal)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },
    async find(id) {
      const row = await rows().where('id', '=', id).executeTakeFirst();
      return row && principalOf(row);
    },
    async list(workspaceId) {
      const found = await rows()
        .where('workspaceId', '=', workspaceId)
        .orderBy('name')
        .orderBy('id')
        .execute();
      return found.map(principalOf);
    },
  };
}

function principalOf({ kind, ...same }: Selectable<PrincipalsTable>): PrincipalRow {
  return { ...same, kind: kind as Actor['kind'] };
}
