import type { Clock } from '../base/clock.ts';
import type { SecretUse, SecretUseBody } from '../contracts/secret.ts';
import type { SecretKey, SecretRow, Store, Tables } from '../store/store.ts';
import { checkValue } from './check-value.ts';
import { sealEnvelope } from './envelope.ts';
import { secretErrors } from './errors.ts';
import type { HeldValues } from './held-values.ts';
import type { KeyRing } from './key-ring.ts';
import type { LastUses } from './last-uses.ts';
import { openVersion } from './load-values.ts';
import { damaged, notFound } from './secret-faults.ts';
import { calledName, type SecretIndex } from './secret-index.ts';

export interface SecretChangesOptions {
  readonly store: Pick<Store, 'secrets' | 'transaction'>;
  readonly index: SecretIndex;
  readonly held: HeldValues;
  readonly keys: Pick<KeyRing, 'find' | 'ensure'>;
  readonly lastUses: LastUses;
  readonly clock: Clock;
}

/** Older ones, erased by then, leave the history; the audit log has them still. */
const KEPT_VERSIONS = 200;

/** Name of who changes it. */
interface By {
  readonly by: string;
}

/**
 * What is changed in the store first, then in memory. One after the other, by whoever calls: see
 * one-at-a-time.ts.
 */
export function createSecretChanges(options: SecretChangesOptions) {
  const { store, index, held, keys, lastUses, clock } = options;

  function found(key: SecretKey): SecretRow {
    const row = index.find(key);
    if (row === undefined) throw notFound(key);
    return { ...row, lastUsedAtMs: lastUses.last(row) };
  }

  async function commit(row: SecretRow, work: (tables: Tables) => Promise<void>): Promise<void> {
    await store.transaction(async (tables) => {
      await work(tables);
      await tables.secrets.put(row);
    });
    index.put(row);
  }

  /** A new version, in the place of the last one if there is one. */
  async function putVersion(row: SecretRow, value: string): Promise<SecretRow> {
    const { workspaceId, agent, name, version, updatedAtMs, updatedBy } = row;
    const of = { workspaceId, agent, name, version };
    const { sealing } = await keys.ensure(workspaceId);
    const envelope = sealEnvelope(value, { of, workspaceKey: sealing });
    await commit(row, async ({ secrets }) => {
      if (index.find(row) !== undefined)
        await secrets.endVersion(row, { version: version - 1, atMs: updatedAtMs });
      await secrets.removeVersions(row, version - KEPT_VERSIONS);
      await secrets.insertVersion({
        ...of,
        envelope,
        createdAtMs: updatedAtMs,
        createdBy: updatedBy,
        endedAtMs: null,
        lastUsedAtMs: null,
      });
    });
    held.replace(row, { version, value });
    return row;
  }

  return {
    /** @throws secret_exists, secret_value_invalid */
    async create(
      key: SecretKey,
      { value, use, by }: By & { value: string; use: SecretUse },
    ): Promise<SecretRow> {
      if (index.find(key) !== undefined)
        throw secretErrors.secret_exists(`There is a secret ${calledName(key)} already.`);
      checkValue(value, { name: calledName(key), mode: use.mode });
      const nowMs = clock.nowMs();
      const { workspaceId, agent, name } = key;
      const { mode, hosts, headers, allowHttp } = use;
      const row: SecretRow = {
        ...{ workspaceId, agent, name, mode, hosts, headers, allowHttp },
        version: ((await store.secrets.find(key))?.version ?? 0) + 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        updatedBy: by,
        lastUsedAtMs: null,
        deletedAtMs: null,
      };
      return putVersion(row, value);
    },

    /** @throws secret_not_found, secret_value_invalid */
    async rotate(key: SecretKey, { value, by }: By & { value: string }): Promise<SecretRow> {
      const row = found(key);
      checkValue(value, { name: calledName(key), mode: row.mode });
      const version = row.version + 1;
      return putVersion({ ...row, version, updatedAtMs: clock.nowMs(), updatedBy: by }, value);
    },

    /** @throws secret_not_found, secret_value_invalid: the value cannot be used so, secret_damaged */
    async changeUse(key: SecretKey, { use, by }: By & { use: SecretUseBody }): Promise<SecretRow> {
      const row = found(key);
      const given = Object.entries(use).filter(([, one]) => one !== undefined);
      const changed: SecretRow = {
        ...row,
        ...Object.fromEntries(given),
        updatedAtMs: clock.nowMs(),
        updatedBy: by,
      };
      if (changed.mode !== row.mode) {
        const versions = await store.secrets.versions(key);
        const current = versions.find(({ version }) => version === row.version);
        const value = current && openVersion(current, keys);
        if (value === undefined) throw damaged(row);
        checkValue(value, { name: calledName(key), mode: changed.mode });
      }
      await commit(changed, async () => undefined);
      return changed;
    },

    /** @throws secret_not_found */
    async delete(key: SecretKey, { by }: By): Promise<void> {
      const row = found(key);
      const nowMs = clock.nowMs();
      const deleted = { ...row, updatedAtMs: nowMs, updatedBy: by, deletedAtMs: nowMs };
      await commit(deleted, ({ secrets }) =>
        secrets.endVersion(key, { version: row.version, atMs: nowMs }),
      );
      held.replace(key, undefined);
    },
  };
}
