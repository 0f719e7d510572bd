/** How the environment of a revision becomes that of a process in one machine. */
import type { EgressCaller } from './egress.ts';

/** `${SECRET_NAME}`, anywhere in a value; `$${` stands for `${`. */
export const SECRET_REFERENCE = /\$\$\{|\$\{SECRET_([A-Z][A-Z0-9_]{0,63})\}/g;

export interface MachineEnvironment {
  /** Names of secrets that `env` refers to and that are not there: such a deployment is refused. */
  missing(
    agent: { readonly workspaceId: string; readonly agent: string },
    env: Readonly<Record<string, string>>,
  ): Promise<readonly string[]>;
  /**
   * With placeholders, injected values, and the variables that lead to the proxy. Idempotent: the
   * same machine gets the same placeholders, also after a restart of swarmd.
   * @throws secret_not_found
   */
  resolve(
    caller: EgressCaller,
    env: Readonly<Record<string, string>>,
  ): Promise<{
    readonly env: Readonly<Record<string, string>>;
    readonly injected: readonly string[];
  }>;
}
