import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface IdempotencyKey {
  readonly workspaceId: string;
  readonly principalId: string;
  readonly key: string;
}

export type IdempotencyClaim =
  /** The caller does the work now, then calls `finish` or `release`. */
  | { readonly type: 'claimed' }
  /** The same request is being worked on. */
  | { readonly type: 'under_way' }
  /** The same request was answered: answer the same again. */
  | { readonly type: 'answered'; readonly status: number; readonly response: string }
  /** The key was used for another request. */
  | { readonly type: 'other_request' };

export interface IdempotencyStore {
  /** Takes the key for a request, in one transaction. Expired keys count as unused. */
  claim(
    key: IdempotencyKey,
    request: { requestHash: string; nowMs: number; expiresAtMs: number },
  ): Promise<IdempotencyClaim>;
  finish(key: IdempotencyKey, answer: { status: number; response: string }): Promise<void>;
  /** Forgets a claim that was not finished: the request may be sent again. */
  release(key: IdempotencyKey): Promise<void>;
  /** At start: answers what the last process was working on, which nobody knows the end of. */
  finishAbandoned(answer: { status: number; response: string }): Promise<void>;
  removeExpired(nowMs: number): Promise<void>;
}

export function createIdempotencyStore(db: Kysely<Schema>): IdempotencyStore {
  const matching = ({ workspaceId, principalId, key }: IdempotencyKey) => ({
    workspaceId,
    principalId,
    key,
  });
  return {
    async claim(key, { requestHash, nowMs, expiresAtMs }) {
      await db
        .deleteFrom('idempotencyKeys')
        .where((where) => where.and(matching(key)))
        .where('expiresAtMs', '<=', nowMs)
        .execute();
      const inserted = await db
        .insertInto('idempotencyKeys')
        .values({
          ...matching(key),
          requestHash,
          status: null,
          response: null,
          createdAtMs: nowMs,
          expiresAtMs,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if ((inserted.numInsertedOrUpdatedRows ?? 0n) > 0n) return { type: 'claimed' };
      const row = await db
        .selectFrom('idempotencyKeys')
        .selectAll()
        .where((where) => where.and(matching(key)))
        .executeTakeFirst();
      if (row === undefined) return { type: 'under_way' };
      if (row.requestHash !== requestHash) return { type: 'other_request' };
      if (row.status === null) return { type: 'under_way' };
      return { type: 'answered', status: row.status, response: row.response ?? '' };
    },
    async finish(key, { status, response }) {
      await db
        .updateTable('idempotencyKeys')
        .set({ status, response })
        .where((where) => where.and(matching(key)))
        .execute();
    },
    async release(key) {
      await db
        .deleteFrom('idempotencyKeys')
        .where((where) => where.and(matching(key)))
        .where('status', 'is', null)
        .execute();
    },
    async finishAbandoned({ status, response }) {
      await db
        .updateTable('idempotencyKeys')
        .set({ status, response })
        .where('status', 'is', null)
        .execute();
    },
    async removeExpired(nowMs) {
      await db.deleteFrom('idempotencyKeys').where('expiresAtMs', '<=', nowMs).execute();
    },
  };
}
