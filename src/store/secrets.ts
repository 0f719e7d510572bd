import type { Kysely, Selectable } from 'kysely';
import type { Schema, SecretsTable, SecretVersionsTable } from './schema.ts';

export interface SecretKey {
  readonly workspaceId: string;
  /** null: the workspace's. */
  readonly agent: string | null;
  readonly name: string;
}

export interface SecretRow extends SecretKey {
  readonly mode: 'placeholder' | 'inject';
  readonly hosts: readonly string[];
  readonly headers: readonly string[];
  readonly allowHttp: boolean;
  /** The newest one: also of a secret that is deleted, so that no number is given twice. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
  readonly lastUsedAtMs: number | null;
  readonly deletedAtMs: number | null;
}

export interface SecretVersionRow extends SecretKey {
  readonly version: number;
  /** null: erased. */
  readonly envelope: string | null;
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** When a newer one took its place, or the secret was deleted. */
  readonly endedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

export interface WorkspaceKeyRow {
  readonly workspaceId: string;
  /** Of the root key that wrapped it. */
  readonly rootKeyId: string;
  readonly wrappedKey: string;
  readonly createdAtMs: number;
}

/** Secrets as they are kept: nothing here can be read without the root key. */
export interface SecretStore {
  workspaceKeys(): Promise<readonly WorkspaceKeyRow[]>;
  putWorkspaceKey(row: WorkspaceKeyRow): Promise<void>;
  /** Of all workspaces, without those that are deleted. */
  all(): Promise<readonly SecretRow[]>;
  /** Also one that is deleted. */
  find(key: SecretKey): Promise<SecretRow | undefined>;
  put(row: SecretRow): Promise<void>;
  /** Newest first. */
  versions(key: SecretKey): Promise<readonly SecretVersionRow[]>;
  insertVersion(row: SecretVersionRow): Promise<void>;
  /** Those up to this one whose envelope is erased. */
  removeVersions(key: SecretKey, upTo: number): Promise<void>;
  endVersion(key: SecretKey, ended: { version: number; atMs: number }): Promise<void>;
  /** Of versions that ended at this time or before. @returns how many */
  eraseEnvelopes(upToMs: number): Promise<number>;
  /** Are there versions that ended and whose envelope is still there? */
  hasEndedEnvelopes(): Promise<boolean>;
  markUsed(key: SecretKey, used: { version: number; atMs: number }): Promise<void>;
}

export function createSecretStore(db: Kysely<Schema>): SecretStore {
  return {
    async workspaceKeys() {
      return db.selectFrom('workspaceKeys').selectAll().orderBy('workspaceId').execute();
    },
    async putWorkspaceKey(row) {
      const { rootKeyId, wrappedKey } = row;
      await db
        .insertInto('workspaceKeys')
        .values(row)
        .onConflict((conflict) =>
          conflict.column('workspaceId').doUpdateSet({ rootKeyId, wrappedKey }),
        )
        .execute();
    },
    async all() {
      const rows = await db
        .selectFrom('secrets')
        .selectAll()
        .where('deletedAtMs', 'is', null)
        .orderBy('workspaceId')
        .orderBy('name')
        .orderBy('agent')
        .execute();
      return rows.map(secretOf);
    },
    async find(key) {
      const row = await db
        .selectFrom('secrets')
        .selectAll()
        .where((where) => where.and(matching(key)))
        .executeTakeFirst();
      return row && secretOf(row);
    },
    async put({ agent, hosts, headers, allowHttp, ...same }) {
      const row = {
        ...same,
        agent: agent ?? '',
        hosts: JSON.stringify(hosts),
        headers: JSON.stringify(headers),
        allowHttp: allowHttp ? 1 : 0,
      };
      await db
        .insertInto('secrets')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['workspaceId', 'agent', 'name']).doUpdateSet(row),
        )
        .execute();
    },
    async versions(key) {
      const rows = await db
        .selectFrom('secretVersions')
        .selectAll()
        .where((where) => where.and(matching(key)))
        .orderBy('version', 'desc')
        .execute();
      return rows.map(versionOf);
    },
    ...versionChanges(db),
  };
}

function versionChanges(
  db: Kysely<Schema>,
): Pick<
  SecretStore,
  | 'insertVersion'
  | 'removeVersions'
  | 'endVersion'
  | 'eraseEnvelopes'
  | 'hasEndedEnvelopes'
  | 'markUsed'
> {
  return {
    async insertVersion({ agent, ...same }) {
      await db
        .insertInto('secretVersions')
        .values({ ...same, agent: agent ?? '' })
        .execute();
    },
    async removeVersions(key, upTo) {
      await db
        .deleteFrom('secretVersions')
        .where((where) => where.and(matching(key)))
        .where('version', '<=', upTo)
        .where('envelope', 'is', null)
        .execute();
    },
    async endVersion(key, { version, atMs }) {
      await db
        .updateTable('secretVersions')
        .set({ endedAtMs: atMs })
        .where((where) => where.and({ ...matching(key), version }))
        .execute();
    },
    async eraseEnvelopes(upToMs) {
      const { numUpdatedRows } = await db
        .updateTable('secretVersions')
        .set({ envelope: null })
        .where('endedAtMs', '<=', upToMs)
        .where('envelope', 'is not', null)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
    async hasEndedEnvelopes() {
      const row = await db
        .selectFrom('secretVersions')
        .select('version')
        .where('endedAtMs', 'is not', null)
        .where('envelope', 'is not', null)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    async markUsed(key, { version, atMs }) {
      const changed = { lastUsedAtMs: atMs };
      await db
        .updateTable('secretVersions')
        .set(changed)
        .where((where) => where.and({ ...matching(key), version }))
        .execute();
      await db
        .updateTable('secrets')
        .set(changed)
        .where((where) => where.and(matching(key)))
        .execute();
    },
  };
}

function matching({ workspaceId, agent, name }: SecretKey) {
  return { workspaceId, agent: agent ?? '', name };
}

function secretOf({
  agent,
  mode,
  hosts,
  headers,
  allowHttp,
  ...same
}: Selectable<SecretsTable>): SecretRow {
  return {
    ...same,
    agent: agent === '' ? null : agent,
    mode: mode === 'inject' ? 'inject' : 'placeholder',
    hosts: JSON.parse(hosts),
    headers: JSON.parse(headers),
    allowHttp: allowHttp !== 0,
  };
}

function versionOf({ agent, ...same }: Selectable<SecretVersionsTable>): SecretVersionRow {
  return { ...same, agent: agent === '' ? null : agent };
}
