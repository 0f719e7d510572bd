/** Secrets over a real database in a folder of its own, with a clock that a test moves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import type { EgressCaller } from '../contracts/egress.ts';
import { DEFAULT_SECRET_HEADERS, type SecretUse } from '../contracts/secret.ts';
import type { EventDraft } from '../contracts/trail.ts';
import { createStore, type SecretKey, type Store } from '../store/store.ts';
import type { SecretReferences } from './active-references.ts';
import type { KeyRingOptions } from './key-ring.ts';
import { openSecrets } from './open-secrets.ts';
import type { Secrets } from './ports.ts';

export interface SecretsStage {
  readonly rootKeyPath: string;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly recorded: EventDraft[];
  readonly references: SecretReferences[];
  nowMs: number;
  /** Refuses events while it is set. */
  auditFailure: Error | undefined;
  /** As after a restart of swarmd: from what is on the disk. */
  reopen(options?: Pick<KeyRingOptions, 'onRekeyStep'>): Promise<void>;
}

export const USE: SecretUse = {
  mode: 'placeholder',
  hosts: [],
  headers: [...DEFAULT_SECRET_HEADERS],
  allowHttp: false,
};
export const BY = { by: 'root' };

export function keyOf(name: string, agent: string | null = null): SecretKey {
  return { workspaceId: 'default', agent, name };
}

export function callerOf(machineId: string, agent = 'desk'): EgressCaller {
  return { workspaceId: 'default', agent, revision: 1, replica: 0, machineId };
}

export async function openSecretsStage(t: TestContext): Promise<SecretsStage> {
  const home = await mkdtemp(join(tmpdir(), 'swarm-secrets-'));
  const rootKeyPath = join(home, 'root.key');
  const recorded: EventDraft[] = [];
  const references: SecretReferences[] = [];
  const open = async (options: Pick<KeyRingOptions, 'onRekeyStep'> = {}) => {
    const store = await createStore({ path: join(home, 'swarm.db'), log: silentLogger });
    try {
      const secrets = await openSecrets({
        ...{ rootKeyPath, store, log: silentLogger, ...options },
        clock: { nowMs: () => stage.nowMs },
        references: async () => references,
        trail: () => ({
          async record(draft) {
            if (stage.auditFailure !== undefined) throw stage.auditFailure;
            recorded.push(draft);
          },
        }),
      });
      return { store, secrets };
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  let opened: { store: Store; secrets: Secrets } | undefined;
  const close = async () => {
    const last = opened;
    opened = undefined;
    await last?.secrets.close();
    await last?.store.close();
  };
  t.after(() => close().finally(() => rm(home, { recursive: true, force: true })));
  const now = () => {
    if (opened === undefined) throw new Error('not open');
    return opened;
  };
  const stage: SecretsStage = {
    ...{ rootKeyPath, recorded, references },
    nowMs: 1_700_000_000_000,
    auditFailure: undefined,
    get store() {
      return now().store;
    },
    get secrets() {
      return now().secrets;
    },
    async reopen(options) {
      await close();
      opened = await open(options);
    },
  };
  opened = await open();
  return stage;
}
