import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface SessionRow {
  readonly id: string;
  readonly workspaceId: string;
  /** It can do what this token can, and ends with it. */
  readonly tokenId: string;
  /** Of the cookie's secret and of the header token, 64 hexadecimal digits: they are stored nowhere. */
  readonly secretSha256: string;
  readonly headerSha256: string;
  readonly client: string;
  readonly address: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
}

export interface SessionStore {
  insert(session: SessionRow): Promise<void>;
  /** Oldest first; those that ended too: the caller judges. */
  list(workspaceId: string): Promise<readonly SessionRow[]>;
  /** Ending twice keeps the first time. */
  end(session: { id: string; nowMs: number }): Promise<void>;
  markUsed(id: string, nowMs: number): Promise<void>;
  /** Forgets those that were marked as ended and would have expired by then. */
  removeEnded(nowMs: number): Promise<void>;
}

export function createSessionStore(db: Kysely<Schema>): SessionStore {
  return {
    async insert(session) {
      await db.insertInto('sessions').values(session).execute();
    },
    list: (workspaceId) =>
      db
        .selectFrom('sessions')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .orderBy('createdAtMs')
        .orderBy('id')
        .execute(),
    async end({ id, nowMs }) {
      await db
        .updateTable('sessions')
        .set((set) => ({ endedAtMs: set.fn.coalesce('endedAtMs', set.val(nowMs)) }))
        .where('id', '=', id)
        .execute();
    },
    async markUsed(id, nowMs) {
      await db.updateTable('sessions').set({ lastUsedAtMs: nowMs }).where('id', '=', id).execute();
    },
    async removeEnded(nowMs) {
      await db
        .deleteFrom('sessions')
        .where('expiresAtMs', '<=', nowMs)
        .where('endedAtMs', 'is not', null)
        .execute();
    },
  };
}
