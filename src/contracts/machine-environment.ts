/** How the environment of a revision becomes that of a process in one machine. */
import type { AgentConfig } from './agent-config.ts';
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

/** Ways out of machines, as the fleet sees them: opened before a machine's process starts. */
export interface Outlets {
  /**
   * From now on the machine's connections are this caller's, and what the environment refers to is
   * there. Idempotent.
   * @throws secret_not_found
   */
  open(
    caller: EgressCaller,
    revision: { readonly config: AgentConfig; readonly env: Readonly<Record<string, string>> },
  ): Promise<{
    /** Of the process. */
    readonly env: Readonly<Record<string, string>>;
    /** PEM that the machine trusts. */
    readonly authority: string;
  }>;
  /** Of a machine that runs already, after a restart of swarmd: nothing enters it again. */
  adopt(caller: EgressCaller, revision: { readonly config: AgentConfig }): Promise<void>;
  /** The machine is gone. */
  close(machineId: string): void;
  /** The agent is gone: what was set live for it is not for a later one of the same name. */
  forgetAgent(agent: { readonly workspaceId: string; readonly agent: string }): void;
}
