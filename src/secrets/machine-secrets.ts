/**
 * Which machine may use which secrets: what the proxy asks about placeholders, and what becomes of
 * a process's environment. Lookups are from memory.
 */
import type { Clock } from '../base/clock.ts';
import type { EgressCaller, PlaceholderSource, UsableSecret } from '../contracts/egress.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { MachineEnvironment } from '../contracts/machine-environment.ts';
import type { Trail } from '../contracts/trail.ts';
import type { SecretKey } from '../store/store.ts';
import { canStandInHeader } from './check-value.ts';
import { secretKinds } from './events.ts';
import type { HeldValues } from './held-values.ts';
import type { KeyRing } from './key-ring.ts';
import type { LastUses } from './last-uses.ts';
import { type LoadOptions, loadValues } from './load-values.ts';
import type { InTurn } from './one-at-a-time.ts';
import { placeholderOf } from './placeholder.ts';
import type { SecretIndex } from './secret-index.ts';
import { replaceReferences, secretNamesIn } from './secret-references.ts';
import { findUsable, mustBeUsable, type Usable } from './usable-secret.ts';

export interface MachineSecretsOptions extends LoadOptions {
  readonly index: SecretIndex;
  readonly held: HeldValues;
  readonly keys: Pick<KeyRing, 'find' | 'ensure'>;
  readonly lastUses: LastUses;
  readonly trail: (workspaceId: string) => Pick<Trail, 'record'>;
  readonly inTurn: InTurn;
  readonly clock: Clock;
}

interface KnownMachine {
  readonly caller: EgressCaller;
  /** Sorted. */
  readonly names: readonly string[];
  readonly byPlaceholder: ReadonlyMap<string, string>;
  /** Values that its process was given: it has them until it ends. */
  readonly injected: Map<string, string>;
  values:
    | { readonly atChange: number; readonly list: ReturnType<PlaceholderSource['values']> }
    | undefined;
}

type Env = Readonly<Record<string, string>>;

export class MachineSecrets {
  readonly #options: MachineSecretsOptions;
  readonly #machines = new Map<string, KnownMachine>();

  constructor(options: MachineSecretsOptions) {
    this.#options = options;
  }

  /**
   * Makes the placeholders of a machine work that runs already, as it was started with `env`.
   * Secrets that are not there (any more) stand for nothing until they are.
   */
  register(caller: EgressCaller, env: Env): Promise<void> {
    return this.#options.inTurn(async () => {
      const machine = await this.#register(caller, env);
      // Which version its process was given is not known; that it was given one is.
      for (const name of machine.names) {
        const usable = findUsable(this.#options, { user: caller, name });
        if (usable?.row.mode === 'inject' && !machine.injected.has(name))
          machine.injected.set(name, usable.current.value);
      }
    });
  }

  /** Its placeholders stand for nothing any more, nor do those that are being made. */
  forget(machineId: string): void {
    this.#forget(machineId);
    void this.#options.inTurn(async () => this.#forget(machineId));
  }

  #forget(machineId: string): void {
    const machine = this.#machines.get(machineId);
    if (machine === undefined) return;
    this.#machines.delete(machineId);
    for (const key of keysOf(machine)) this.#options.held.release(key, machineId);
  }

  /** Machines whose process was given the value of this secret. */
  injectedInto({ workspaceId, agent, name }: SecretKey): readonly EgressCaller[] {
    return [...this.#machines.values()]
      .filter(({ caller, injected }) => caller.workspaceId === workspaceId && injected.has(name))
      .filter(({ caller }) => {
        const effective = this.#options.index.effective(caller, name);
        return effective !== undefined && effective.agent === agent;
      })
      .map(({ caller }) => caller);
  }

  environment(caller: EgressCaller, env: Env): ReturnType<MachineEnvironment['resolve']> {
    return this.#options.inTurn(() => this.#environment(caller, env));
  }

  placeholder(machineId: string, text: string): UsableSecret | undefined {
    const machine = this.#machines.get(machineId);
    const name = machine?.byPlaceholder.get(text);
    if (machine === undefined || name === undefined) return undefined;
    const usable = findUsable(this.#options, { user: machine.caller, name });
    if (usable === undefined) return undefined;
    // It became one that is injected while this machine ran, and may have such a value by now.
    if (usable.row.mode === 'inject' && !canStandInHeader(usable.current.value)) return undefined;
    const { hosts, headers, allowHttp } = usable.row;
    return { name, ...usable.current, hosts, headers, allowHttp };
  }

  values(machineId: string): ReturnType<PlaceholderSource['values']> {
    const machine = this.#machines.get(machineId);
    if (machine === undefined) return [];
    const { held } = this.#options;
    held.forgetEnded();
    if (machine.values?.atChange !== held.changes)
      machine.values = { atChange: held.changes, list: this.#valuesOf(machine) };
    return machine.values.list;
  }

  used(machineId: string, { name, version }: { readonly name: string; readonly version: number }) {
    const { index, lastUses, clock } = this.#options;
    const caller = this.#machines.get(machineId)?.caller;
    const row = caller && index.effective(caller, name);
    if (row !== undefined) lastUses.add({ key: keyOf(row), version, atMs: clock.nowMs() });
  }

  async missing(
    agent: { readonly workspaceId: string; readonly agent: string },
    env: Env,
  ): Promise<readonly string[]> {
    const { index } = this.#options;
    return secretNamesIn(env).filter((name) => index.effective(agent, name) === undefined);
  }

  #valuesOf(machine: KnownMachine): ReturnType<PlaceholderSource['values']> {
    const { held } = this.#options;
    const list: { name: string; value: string }[] = [];
    const add = (name: string, value: string) => {
      if (!list.some((one) => one.name === name && one.value === value)) list.push({ name, value });
    };
    for (const key of keysOf(machine)) for (const value of held.values(key)) add(key.name, value);
    for (const [name, value] of machine.injected) add(name, value);
    return list;
  }

  async #register(caller: EgressCaller, env: Env): Promise<KnownMachine> {
    const { keys, held } = this.#options;
    const { machineId, workspaceId } = caller;
    const names = secretNamesIn(env);
    const known = this.#machines.get(machineId);
    if (known !== undefined && known.names.join() === names.join()) return known;
    if (known !== undefined) this.#forget(machineId);
    const byPlaceholder = new Map<string, string>();
    if (names.length > 0) {
      const { placeholders } = await keys.ensure(workspaceId);
      for (const name of names)
        byPlaceholder.set(placeholderOf(placeholders, { machineId, name }), name);
    }
    const machine: KnownMachine = {
      caller,
      names,
      byPlaceholder,
      injected: new Map<string, string>(),
      values: undefined,
    };
    for (const key of keysOf(machine)) {
      const loaded = held.isHeld(key) ? NOTHING : await loadValues(key, this.#options);
      held.hold(key, { machineId, loaded });
    }
    this.#machines.set(machineId, machine);
    return machine;
  }

  async #environment(caller: EgressCaller, env: Env) {
    const { machineId } = caller;
    const wasKnown = this.#machines.has(machineId);
    const machine = await this.#register(caller, env);
    try {
      const usable = new Map(
        machine.names.map((name) => [name, mustBeUsable(this.#options, { user: caller, name })]),
      );
      const injected = [...usable.values()].filter(({ row }) => row.mode === 'inject');
      await this.#inject(machine, injected);
      const placeholders = new Map([...machine.byPlaceholder].map(([text, name]) => [name, text]));
      const textOf = (name: string) => {
        const one = usable.get(name);
        const text = one?.row.mode === 'inject' ? one.current.value : placeholders.get(name);
        if (text === undefined) throw new Error(`no text for ${name}`);
        return text;
      };
      return {
        env: replaceReferences(env, textOf),
        injected: injected.map(({ row }) => row.name),
      };
    } catch (error) {
      if (!wasKnown) this.#forget(machineId);
      throw error;
    }
  }

  /** In the log before it is in the machine. */
  async #inject(machine: KnownMachine, secrets: readonly Usable[]): Promise<void> {
    if (secrets.length === 0) return;
    const { trail, lastUses, clock } = this.#options;
    const { workspaceId, agent, revision, replica, machineId } = machine.caller;
    await trail(workspaceId).record({
      kind: secretKinds['secret.injected'],
      actor: serviceEventActor('fleet'),
      ...{ agent, revision, replica, machine: machineId },
      attributes: { secrets: secrets.map(({ row, current }) => `${row.name}@${current.version}`) },
    });
    for (const { row, current } of secrets) {
      machine.injected.set(row.name, current.value);
      lastUses.add({ key: keyOf(row), version: current.version, atMs: clock.nowMs() });
    }
    machine.values = undefined;
  }
}

const NOTHING = { current: undefined, ended: [] };

/** The agent's own secrets and the workspace's: which one counts may change while it runs. */
function keysOf({ caller, names }: Pick<KnownMachine, 'caller' | 'names'>): readonly SecretKey[] {
  const { workspaceId, agent } = caller;
  return names.flatMap((name) => [
    { workspaceId, agent, name },
    { workspaceId, agent: null, name },
  ]);
}

function keyOf({ workspaceId, agent, name }: SecretKey): SecretKey {
  return { workspaceId, agent, name };
}
