import type { EgressCaller, PlaceholderSource } from '../contracts/egress.ts';
import type { MachineEnvironment } from '../contracts/machine-environment.ts';
import type {
  RekeyReport,
  SecretMode,
  SecretResource,
  SecretUse,
  SecretUseBody,
  SecretVersionResource,
} from '../contracts/secret.ts';
import type { SecretKey } from '../store/store.ts';
import type { ContentSeal } from './seal-content.ts';

/** A secret has another value from now on. */
export interface Rotation extends SecretKey {
  readonly version: number;
  readonly mode: SecretMode;
  /** Machines whose process has an earlier value: they get this one when they are started anew. */
  readonly injectedInto: readonly EgressCaller[];
}

/** Name of the principal who makes a change. */
interface By {
  readonly by: string;
}

/** The secrets of all workspaces. Values go in, and leave through `placeholders` and `environment` only. */
export interface Secrets {
  readonly placeholders: PlaceholderSource;
  /** Placeholders and injected values; variables that lead to the proxy are others' business. */
  readonly environment: MachineEnvironment;
  readonly machines: {
    /**
     * Of a machine that runs already, after a start of swarmd; `env` is the revision's, with its
     * references. `environment.resolve` does it by itself.
     */
    register(caller: EgressCaller, env: Readonly<Record<string, string>>): Promise<void>;
    /** When it is gone: its placeholders stand for nothing, and values that no other uses leave the memory. */
    forget(machineId: string): void;
  };
  /** For what swarmd itself keeps, such as the key of a workspace's authority. */
  readonly contents: ContentSeal;
  /** Called after a value was made or replaced, before the caller is answered. Returns the unsubscribe function. */
  onRotated(listener: (rotation: Rotation) => void): () => void;

  /** From memory, without `usedBy`. */
  find(key: SecretKey): SecretResource | undefined;
  /** By name; with `agent` those that this agent could use. */
  list(workspaceId: string, options?: { agent?: string }): Promise<readonly SecretResource[]>;
  /** Newest first. @throws secret_not_found */
  versions(key: SecretKey): Promise<readonly SecretVersionResource[]>;
  /** @throws secret_exists, secret_value_invalid */
  create(key: SecretKey, what: By & { value: string; use: SecretUse }): Promise<SecretResource>;
  /** The new value counts when it resolves. @throws secret_not_found, secret_value_invalid */
  rotate(key: SecretKey, what: By & { value: string }): Promise<SecretResource>;
  /** @throws secret_not_found, secret_value_invalid, secret_damaged */
  changeUse(key: SecretKey, what: By & { use: SecretUseBody }): Promise<SecretResource>;
  /** @throws secret_not_found, secret_in_use unless forced */
  delete(key: SecretKey, how: By & { force: boolean }): Promise<void>;
  /** Puts a new root key in the place of the old one. @throws root_key_unwritable */
  rekey(): Promise<RekeyReport>;
  /** Writes what waits to be written. */
  close(): Promise<void>;
}
