import { describeError } from '../base/errors.ts';
import type { Trail } from '../contracts/trail.ts';
import type { SecretKey, SecretRow, Store } from '../store/store.ts';
import { activeReferences, type SecretReferences } from './active-references.ts';
import { createEraser } from './erase-ended.ts';
import { secretErrors } from './errors.ts';
import { HeldValues } from './held-values.ts';
import { type KeyRingOptions, openKeyRing } from './key-ring.ts';
import { LastUses } from './last-uses.ts';
import { MachineSecrets } from './machine-secrets.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Rotation, Secrets } from './ports.ts';
import { createContentSeal } from './seal-content.ts';
import { createSecretChanges } from './secret-changes.ts';
import { notFound } from './secret-faults.ts';
import { calledName, SecretIndex } from './secret-index.ts';
import { secretResourceOf, usersOf, versionResourceOf } from './secret-resource.ts';

export interface SecretsOptions extends Omit<KeyRingOptions, 'store'> {
  readonly store: Pick<Store, 'secrets' | 'transaction' | 'agents' | 'revisions'>;
  readonly trail: (workspaceId: string) => Pick<Trail, 'record'>;
  /** Default: what the store's active and target revisions name in their environment. */
  readonly references?: (workspaceId: string) => Promise<readonly SecretReferences[]>;
}

/**
 * @throws root_key_missing, root_key_unreadable, root_key_too_open, root_key_wrong,
 *   workspace_key_damaged: without its keys nothing may start
 */
export async function openSecrets(options: SecretsOptions): Promise<Secrets> {
  const { store, clock, log } = options;
  const references = options.references ?? ((id) => activeReferences(store, id));
  const keys = await openKeyRing(options);
  const index = new SecretIndex(await store.secrets.all());
  const held = new HeldValues(clock);
  const lastUses = new LastUses(options);
  const inTurn = oneAtATime();
  const eraser = createEraser({ store, held, clock, log });
  const shared = { ...options, keys, index, held, lastUses, inTurn };
  const machines = new MachineSecrets(shared);
  const changes = createSecretChanges(shared);
  const listeners = new Set<(rotation: Rotation) => void>();
  await eraser.erase();

  const resource = async (row: SecretRow) =>
    secretResourceOf(row, {
      lastUses,
      usedBy: usersOf(row, { references: await references(row.workspaceId), index }),
    });

  function tellRotated({ workspaceId, agent, name, version, mode }: SecretRow): void {
    const key = { workspaceId, agent, name };
    const rotation = { ...key, version, mode, injectedInto: machines.injectedInto(key) };
    for (const listener of listeners)
      try {
        listener(rotation);
      } catch (error) {
        log.error({ secret: name, error: describeError(error) }, 'a rotation was not taken up');
      }
  }

  /** One that agents would miss: another of the name may take its place. */
  async function refuseInUse(key: SecretKey): Promise<void> {
    const row = index.find(key);
    if (row === undefined) throw notFound(key);
    if (key.agent !== null && index.find({ ...key, agent: null }) !== undefined) return;
    const users = usersOf(row, { references: await references(key.workspaceId), index });
    if (users.length === 0) return;
    throw secretErrors.secret_in_use(
      `The secret ${calledName(key)} is named by the active revision of ${users.join(', ')}.`,
      { details: { secret: key.name, agents: users } },
    );
  }

  return {
    placeholders: {
      resolve: (machineId, text) => machines.placeholder(machineId, text),
      values: (machineId) => machines.values(machineId),
      used: (machineId, secret) => machines.used(machineId, secret),
    },
    environment: {
      missing: (agent, env) => machines.missing(agent, env),
      resolve: (caller, env) => machines.environment(caller, env),
    },
    machines: {
      register: (caller, env) => machines.register(caller, env),
      forget: (machineId) => machines.forget(machineId),
    },
    contents: createContentSeal({ find: keys.find, ensure: (id) => inTurn(() => keys.ensure(id)) }),
    onRotated(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    find: (key) => {
      const row = index.find(key);
      return row && secretResourceOf(row, { lastUses, usedBy: [] });
    },
    async list(workspaceId, { agent } = {}) {
      const known = await references(workspaceId);
      return index
        .list(workspaceId)
        .filter((row) => agent === undefined || row.agent === null || row.agent === agent)
        .map((row) =>
          secretResourceOf(row, { lastUses, usedBy: usersOf(row, { references: known, index }) }),
        );
    },
    async versions(key) {
      if (index.find(key) === undefined) throw notFound(key);
      const rows = await store.secrets.versions(key);
      return rows.map((row) => versionResourceOf(row, { lastUses }));
    },
    create: (key, what) =>
      inTurn(async () => {
        const row = await changes.create(key, what);
        tellRotated(row);
        return resource(row);
      }),
    rotate: (key, what) =>
      inTurn(async () => {
        const row = await changes.rotate(key, what);
        eraser.later();
        tellRotated(row);
        return resource(row);
      }),
    changeUse: (key, what) => inTurn(async () => resource(await changes.changeUse(key, what))),
    delete: (key, { by, force }) =>
      inTurn(async () => {
        if (!force) await refuseInUse(key);
        await changes.delete(key, { by });
        eraser.later();
      }),
    rekey: () => inTurn(() => keys.rekey()),
    async close() {
      eraser.close();
      await inTurn(() => lastUses.write());
    },
  };
}
