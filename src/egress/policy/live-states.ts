/** What was set live for each agent, in memory, and the policies that are made from it. */
import { isoTime } from '../../base/clock.ts';
import type { EgressMode, EgressPolicy } from '../../contracts/egress-policy.ts';
import type { EgressModeRow, EgressRuleRow, EgressRuleStore } from '../../store/store.ts';

export interface EgressAgent {
  readonly workspaceId: string;
  readonly agent: string;
}

export interface LiveMode {
  readonly mode: EgressMode;
  readonly updatedAt: string;
  readonly updatedBy: string;
}

export interface PolicyChange extends EgressAgent {
  /** Something that was allowed may be no more: connections that are open must be judged again. */
  readonly narrower: boolean;
}

/** Replaced as a whole at each change, and the policies that were made from it with it. */
interface LiveState {
  /** Oldest first. */
  readonly rules: readonly EgressRuleRow[];
  readonly mode: LiveMode | undefined;
  readonly made: WeakMap<EgressPolicy, EgressPolicy>;
}

const NOTHING: EgressPolicy = { mode: 'enforce', rules: [] };
const NO_STATE: LiveState = { rules: [], mode: undefined, made: new WeakMap() };
const keyOf = ({ workspaceId, agent }: EgressAgent) => `${workspaceId}\n${agent}`;

export class LiveStates {
  readonly #states = new Map<string, LiveState>();
  readonly #listeners = new Set<(change: PolicyChange) => void>();

  static async read(store: EgressRuleStore): Promise<LiveStates> {
    const live = new LiveStates();
    for (const row of await store.rules()) live.#set(row, { rules: [...live.of(row).rules, row] });
    for (const row of await store.modes()) live.#set(row, { mode: liveModeOf(row) });
    return live;
  }

  of(agent: EgressAgent): LiveState {
    return this.#states.get(keyOf(agent)) ?? NO_STATE;
  }

  /** The same object until something changes. */
  policy(agent: EgressAgent, configured: EgressPolicy = NOTHING): EgressPolicy {
    const state = this.#states.get(keyOf(agent));
    if (state === undefined) return configured;
    let policy = state.made.get(configured);
    if (policy === undefined) {
      policy = merged(configured, state);
      state.made.set(configured, policy);
    }
    return policy;
  }

  change(agent: EgressAgent, next: Partial<LiveState>, how: { narrower: boolean }): void {
    this.#set(agent, next);
    this.#tell(agent, how.narrower);
  }

  delete(agent: EgressAgent): void {
    if (this.#states.delete(keyOf(agent))) this.#tell(agent, true);
  }

  onChange(listener: (change: PolicyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(agent: EgressAgent, next: Partial<LiveState>): void {
    this.#states.set(keyOf(agent), { ...this.of(agent), ...next, made: new WeakMap() });
  }

  #tell({ workspaceId, agent }: EgressAgent, narrower: boolean): void {
    for (const listener of this.#listeners) listener({ workspaceId, agent, narrower });
  }
}

export function liveModeOf({ mode, updatedAtMs, updatedBy }: EgressModeRow): LiveMode {
  return { mode, updatedBy, updatedAt: isoTime(updatedAtMs) };
}

function merged(configured: EgressPolicy, { rules, mode }: LiveState): EgressPolicy {
  if (rules.length === 0 && mode === undefined) return configured;
  return {
    ...configured,
    mode: mode?.mode ?? configured.mode,
    rules: [...configured.rules, ...rules.map(({ rule }) => rule)],
  };
}
