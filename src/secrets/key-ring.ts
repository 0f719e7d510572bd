/**
 * The workspaces' keys in memory, each wrapped by the root key in the store. The root key is
 * replaced so that at every moment, a crash included, the file holds the key that wrapped what the
 * store holds: both keys are in the file before the store changes, and one leaves it after.
 */
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Store, WorkspaceKeyRow } from '../store/store.ts';
import { secretErrors } from './errors.ts';
import { newRootKey, type RootKey } from './root-key.ts';
import { readRootKeys, removeHalfWritten, writeRootKeys } from './root-key-file.ts';
import { fromBase64, KEY_BYTES, labelOf, openBox, sealBox } from './sealed-box.ts';

export interface WorkspaceKeys {
  /** Seals data keys. */
  readonly sealing: KeyObject;
  /** Of the HMAC that makes placeholders. */
  readonly placeholders: KeyObject;
}

export interface KeyRing {
  find(workspaceId: string): WorkspaceKeys | undefined;
  /** Made when it is not there. Not while `rekey` runs. */
  ensure(workspaceId: string): Promise<WorkspaceKeys>;
  /** Ids of the old and the new root key. @throws root_key_unwritable */
  rekey(): Promise<{ readonly before: string; readonly after: string }>;
}

/** Where a replacement may be cut off; a test does it. */
export type RekeyStep = 'begun' | 'both in file' | 'in transaction' | 'committed' | 'ended';

export interface KeyRingOptions {
  readonly rootKeyPath: string;
  readonly store: Pick<Store, 'secrets' | 'transaction'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onRekeyStep?: (step: RekeyStep) => void;
}

interface HeldKey extends WorkspaceKeys {
  readonly row: WorkspaceKeyRow;
}

/** @throws root_key_missing, root_key_unreadable, root_key_too_open, root_key_wrong, workspace_key_damaged */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { rootKeyPath, store, clock, log } = options;
  const reached = options.onRekeyStep ?? (() => undefined);
  const rows = await store.secrets.workspaceKeys();
  await removeHalfWritten(rootKeyPath);
  const secrets = await store.secrets.all();
  const inFile = await rootKeysFor([...rows, ...secrets], options);
  const held = new Map(rows.map((row) => [row.workspaceId, unwrap(row, inFile, rootKeyPath)]));
  for (const { workspaceId } of secrets) if (!held.has(workspaceId)) throw keyDamaged(workspaceId);
  let root = await dropUnused(inFile, rows);

  /** Leaves in the file what the store needs, and the current key when it needs none. */
  async function dropUnused(
    keys: readonly RootKey[],
    stored: readonly WorkspaceKeyRow[],
  ): Promise<RootKey> {
    const used = keys.filter(({ id }) => stored.some((row) => row.rootKeyId === id));
    const kept = used.length === 0 ? keys.slice(0, 1) : used;
    const [current] = kept;
    if (current === undefined) throw new Error('no root key');
    if (kept.length < keys.length) {
      await writeRootKeys(rootKeyPath, kept);
      log.info({ rootKeyId: current.id }, 'a replacement of the root key is finished');
    }
    return current;
  }

  async function replaceRoot(next: RootKey): Promise<void> {
    const wrapped = [...held.values()].map(({ row, sealing }) => wrap(sealing, row, next));
    await store.transaction(async ({ secrets }) => {
      for (const row of wrapped) await secrets.putWorkspaceKey(row);
      reached('in transaction');
    });
    for (const row of wrapped) {
      const keys = held.get(row.workspaceId);
      if (keys !== undefined) held.set(row.workspaceId, { ...keys, row });
    }
  }

  return {
    find: (workspaceId) => held.get(workspaceId),
    async ensure(workspaceId) {
      const known = held.get(workspaceId);
      if (known !== undefined) return known;
      const sealing = createSecretKey(randomBytes(KEY_BYTES));
      const row = wrap(sealing, { workspaceId, createdAtMs: clock.nowMs() }, root);
      await store.secrets.putWorkspaceKey(row);
      const made = heldKey(row, sealing);
      held.set(workspaceId, made);
      return made;
    },
    async rekey() {
      const before = root;
      const next = newRootKey();
      reached('begun');
      await writeRootKeys(rootKeyPath, [next, before]);
      reached('both in file');
      try {
        await replaceRoot(next);
      } catch (error) {
        // Whether it was committed is for the store to say; until it does, both keys stay.
        await store.secrets
          .workspaceKeys()
          .then(async (stored) => {
            root = await dropUnused([before, next], stored);
          })
          .catch((cause: unknown) =>
            log.warn({ error: describeError(cause) }, 'an unused root key is still in its file'),
          );
        throw error;
      }
      root = next;
      reached('committed');
      await writeRootKeys(rootKeyPath, [next]).catch((error: unknown) =>
        log.warn({ error: describeError(error) }, 'an unused root key is still in its file'),
      );
      reached('ended');
      log.info({ before: before.id, after: next.id }, 'the root key is replaced');
      return { before: before.id, after: next.id };
    },
  };
}

/** Made when there is none and nothing that it would have to open. */
async function rootKeysFor(
  sealed: readonly { readonly workspaceId: string; readonly rootKeyId?: string }[],
  { rootKeyPath, log }: KeyRingOptions,
): Promise<readonly RootKey[]> {
  const found = await readRootKeys(rootKeyPath);
  if (found !== undefined) return found;
  const [first] = sealed;
  if (first !== undefined)
    throw secretErrors.root_key_missing(
      `The root key ${rootKeyPath} is not there, and the secrets in the database cannot be read without it (key ${first.rootKeyId ?? 'unknown'}).`,
    );
  const made = newRootKey();
  await writeRootKeys(rootKeyPath, [made]);
  log.info({ path: rootKeyPath, rootKeyId: made.id }, 'a root key for secrets is made');
  return [made];
}

function wrap(
  sealing: KeyObject,
  row: Pick<WorkspaceKeyRow, 'workspaceId' | 'createdAtMs'>,
  root: RootKey,
): WorkspaceKeyRow {
  const { workspaceId, createdAtMs } = row;
  const bytes = sealing.export();
  const box = sealBox(bytes, { key: root.key, label: label(workspaceId, root.id) });
  bytes.fill(0);
  return { workspaceId, createdAtMs, rootKeyId: root.id, wrappedKey: box.toString('base64') };
}

function unwrap(row: WorkspaceKeyRow, inFile: readonly RootKey[], path: string): HeldKey {
  const { workspaceId, rootKeyId, wrappedKey } = row;
  const root = inFile.find(({ id }) => id === rootKeyId);
  if (root === undefined)
    throw secretErrors.root_key_wrong(
      `The root key ${path} (${inFile.map(({ id }) => id).join(', ')}) is not the one that protects the secrets in the database (${rootKeyId}).`,
    );
  const box = fromBase64(wrappedKey);
  const bytes = box && openBox(box, { key: root.key, label: label(workspaceId, rootKeyId) });
  if (bytes?.length !== KEY_BYTES) throw keyDamaged(workspaceId);
  const sealing = createSecretKey(bytes);
  bytes.fill(0);
  return heldKey(row, sealing);
}

function heldKey(row: WorkspaceKeyRow, sealing: KeyObject): HeldKey {
  const derived = hkdfSync('sha256', sealing, Buffer.alloc(0), 'swarm placeholders v1', KEY_BYTES);
  return { row, sealing, placeholders: createSecretKey(Buffer.from(derived)) };
}

function label(workspaceId: string, rootKeyId: string): Buffer {
  return labelOf('swarm workspace key v1', [workspaceId, rootKeyId]);
}

function keyDamaged(workspaceId: string): Error {
  return secretErrors.workspace_key_damaged(
    `The key of the workspace "${workspaceId}" in the database is damaged or gone: none of its secrets can be read.`,
  );
}
