/**
 * What every agent may reach now: the rules of its revision with those that were added live. Held
 * in memory, because it is asked for with every call; the store and the audit log know each change
 * before it holds.
 */
import type { EgressMode, EgressPolicy, EgressRule } from '../../contracts/egress-policy.ts';
import type { ChangedBy } from './audited-changes.ts';
import {
  createLiveChanges,
  type LiveChangesOptions,
  type LiveRule,
  liveRuleOf,
} from './live-changes.ts';
import { type EgressAgent, type LiveMode, LiveStates, type PolicyChange } from './live-states.ts';

/** Changes throw audit_unavailable when their event cannot be written, and then change nothing. */
export interface EgressPolicies {
  /**
   * In force: the revision's rules first, then the live ones, oldest first. The same object until
   * something changes, so that what is made from it can be kept with it.
   * @param configured `egress` of the revision's configuration; undefined: it says nothing
   */
  policy(agent: EgressAgent, configured: EgressPolicy | undefined): EgressPolicy;
  /** Oldest first. */
  liveRules(agent: EgressAgent): readonly LiveRule[];
  /** Undefined: the revision's holds. */
  liveMode(agent: EgressAgent): LiveMode | undefined;
  /** @throws egress_rule_exists, egress_rules_too_many */
  addRule(
    agent: EgressAgent,
    change: { readonly rule: string | EgressRule; readonly by: ChangedBy },
  ): Promise<LiveRule>;
  /** @throws egress_rule_not_found */
  removeRule(
    agent: EgressAgent,
    change: { readonly id: string; readonly by: ChangedBy },
  ): Promise<void>;
  /** null: that of the revision again. */
  setMode(
    agent: EgressAgent,
    change: { readonly mode: EgressMode | null; readonly by: ChangedBy },
  ): Promise<void>;
  /** An agent is gone: one of the same name begins without its rules. No event: its end is one. */
  forget(agent: EgressAgent): Promise<void>;
  /** Called after a change holds. Returns the unsubscribe function. */
  onChange(listener: (change: PolicyChange) => void): () => void;
}

export async function openEgressPolicies(options: LiveChangesOptions): Promise<EgressPolicies> {
  const live = await LiveStates.read(options.store);
  return {
    policy: (agent, configured) => live.policy(agent, configured),
    liveRules: (agent) => live.of(agent).rules.map(liveRuleOf),
    liveMode: (agent) => live.of(agent).mode,
    onChange: (listener) => live.onChange(listener),
    ...createLiveChanges({ ...options, live }),
  };
}
