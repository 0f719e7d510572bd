/**
 * What every agent may reach now: the rules of its revision with those that were added live. Held
 * in memory, because it is asked for with every call; the store and the audit log know each change
 * before it holds.
 */
import { type Clock, isoTime } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import {
  type EgressMode,
  type EgressPolicy,
  type EgressRule,
  egressRuleFrom,
} from '../../contracts/egress-policy.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { EgressRuleRow, EgressRuleStore } from '../../store/store.ts';
import { auditedChanges, type ChangedBy } from './audited-changes.ts';
import { egressPolicyErrors } from './errors.ts';
import { egressPolicyEvents } from './events.ts';
import { ruleText } from './rule-text.ts';

/** Each is looked through for every call to its host. */
const MAX_LIVE_RULES = 200;

export interface EgressAgent {
  readonly workspaceId: string;
  readonly agent: string;
}

export interface LiveRule {
  readonly id: string;
  readonly rule: EgressRule;
  readonly createdAt: string;
  readonly createdBy: string;
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
  addRule(agent: EgressAgent, rule: string | EgressRule, by: ChangedBy): Promise<LiveRule>;
  /** @throws egress_rule_not_found */
  removeRule(agent: EgressAgent, id: string, by: ChangedBy): Promise<void>;
  /** null: that of the revision again. */
  setMode(agent: EgressAgent, mode: EgressMode | null, by: ChangedBy): Promise<void>;
  /** An agent is gone: one of the same name begins without its rules. No event: its end is one. */
  forget(agent: EgressAgent): Promise<void>;
  /** Called after a change holds. Returns the unsubscribe function. */
  onChange(listener: (change: PolicyChange) => void): () => void;
}

/** Replaced as a whole at each change, and the policies that were made from it with it. */
interface LiveState {
  readonly rules: readonly EgressRuleRow[];
  readonly mode: LiveMode | undefined;
  readonly made: WeakMap<EgressPolicy, EgressPolicy>;
}

const NOTHING: EgressPolicy = { mode: 'enforce', rules: [] };
const NO_STATE: LiveState = { rules: [], mode: undefined, made: new WeakMap() };
const keyOf = ({ workspaceId, agent }: EgressAgent) => `${workspaceId}\n${agent}`;

export async function openEgressPolicies(options: {
  readonly store: EgressRuleStore;
  readonly trail: (workspaceId: string) => Pick<Trail, 'begin' | 'record'>;
  readonly clock: Clock;
}): Promise<EgressPolicies> {
  const { store, clock } = options;
  const states = await readStates(store);
  const listeners = new Set<(change: PolicyChange) => void>();
  const change = auditedChanges(options.trail);
  const stateOf = (agent: EgressAgent) => states.get(keyOf(agent)) ?? NO_STATE;

  function put(agent: EgressAgent, next: Partial<LiveState>, how: { narrower: boolean }): void {
    states.set(keyOf(agent), { ...stateOf(agent), ...next, made: new WeakMap() });
    const { workspaceId, agent: name } = agent;
    for (const listener of listeners) listener({ workspaceId, agent: name, ...how });
  }

  return {
    policy(agent, configured = NOTHING) {
      const state = states.get(keyOf(agent));
      if (state === undefined) return configured;
      let policy = state.made.get(configured);
      if (policy === undefined) {
        policy = merged(configured, state);
        state.made.set(configured, policy);
      }
      return policy;
    },
    liveRules: (agent) => stateOf(agent).rules.map(liveRuleOf),
    liveMode: (agent) => stateOf(agent).mode,
    addRule: (agent, given, by) =>
      change(agent.workspaceId, async ({ audited, refuse }) => {
        const { rules } = stateOf(agent);
        // Ids sort by their time, also those of one millisecond: the order is the same after a restart.
        const nowMs = Math.max(clock.nowMs(), (rules.at(-1)?.createdAtMs ?? 0) + 1);
        const row = rowOf(agent, { rule: egressRuleFrom(given), by, nowMs });
        const draft = ruleDraft(row, { kind: egressPolicyEvents['egress.rule_added'], by });
        const twin = rules.find(({ rule }) => sameRule(rule, row.rule));
        if (twin !== undefined)
          return refuse(
            draft,
            egressPolicyErrors.egress_rule_exists(
              `The rule ${ruleText(row.rule)} of agent "${agent.agent}" is there already: ${twin.id}.`,
            ),
          );
        if (rules.length >= MAX_LIVE_RULES)
          return refuse(
            draft,
            egressPolicyErrors.egress_rules_too_many(
              `Agent "${agent.agent}" has ${rules.length} live rules; it cannot have more.`,
            ),
          );
        await audited(draft, async () => {
          await store.insertRule(row);
          put(agent, { rules: [...rules, row] }, { narrower: false });
        });
        return liveRuleOf(row);
      }),
    removeRule: (agent, id, by) =>
      change(agent.workspaceId, async ({ audited, refuse }) => {
        const { rules } = stateOf(agent);
        const row = rules.find((one) => one.id === id);
        const kind = egressPolicyEvents['egress.rule_removed'];
        if (row === undefined)
          return refuse(
            { ...by, kind, agent: agent.agent, attributes: { ...by.attributes, id } },
            egressPolicyErrors.egress_rule_not_found(
              `Agent "${agent.agent}" has no live rule "${id}".`,
            ),
          );
        await audited(ruleDraft(row, { kind, by }), async () => {
          await store.removeRule({ workspaceId: agent.workspaceId, id });
          put(agent, { rules: rules.filter((one) => one !== row) }, { narrower: true });
        });
      }),
    setMode: (agent, mode, by) =>
      change(agent.workspaceId, async ({ audited }) => {
        const before = stateOf(agent).mode?.mode ?? null;
        const draft = {
          ...by,
          kind: egressPolicyEvents['egress.mode_set'],
          agent: agent.agent,
          attributes: { ...by.attributes, before, after: mode },
        };
        await audited(draft, async () => {
          const updatedAtMs = clock.nowMs();
          const updatedBy = by.actor.name;
          if (mode === null) await store.removeMode(agent);
          else await store.putMode({ ...agentOf(agent), mode, updatedAtMs, updatedBy });
          const live = mode && { mode, updatedBy, updatedAt: isoTime(updatedAtMs) };
          put(agent, { mode: live ?? undefined }, { narrower: mode !== 'audit' });
        });
      }),
    forget: (agent) =>
      change(agent.workspaceId, async () => {
        await store.removeAll(agent);
        if (states.delete(keyOf(agent)))
          for (const listener of listeners) listener({ ...agentOf(agent), narrower: true });
      }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const agentOf = ({ workspaceId, agent }: EgressAgent): EgressAgent => ({ workspaceId, agent });

function rowOf(
  agent: EgressAgent,
  { rule, by, nowMs }: { rule: EgressRule; by: ChangedBy; nowMs: number },
): EgressRuleRow {
  const who = { createdAtMs: nowMs, createdBy: by.actor.name };
  return { id: newId('egr', nowMs), ...agentOf(agent), rule, ...who };
}

function ruleDraft(
  { id, agent, rule }: EgressRuleRow,
  { kind, by }: { kind: (typeof egressPolicyEvents)['egress.rule_added']; by: ChangedBy },
) {
  const plain = { ...rule } as Readonly<Record<string, boolean | string | string[] | number[]>>;
  const attributes = { ...by.attributes, id, text: ruleText(rule), rule: plain };
  return { ...by, kind, agent, attributes };
}

const sameRule = (a: EgressRule, b: EgressRule) => JSON.stringify(a) === JSON.stringify(b);

function merged(configured: EgressPolicy, { rules, mode }: LiveState): EgressPolicy {
  if (rules.length === 0 && mode === undefined) return configured;
  return {
    ...configured,
    mode: mode?.mode ?? configured.mode,
    rules: [...configured.rules, ...rules.map(({ rule }) => rule)],
  };
}

function liveRuleOf({ id, rule, createdAtMs, createdBy }: EgressRuleRow): LiveRule {
  return { id, rule, createdAt: isoTime(createdAtMs), createdBy };
}

async function readStates(store: EgressRuleStore): Promise<Map<string, LiveState>> {
  const states = new Map<string, LiveState>();
  const put = (agent: EgressAgent, next: (state: LiveState) => Partial<LiveState>) => {
    const state = states.get(keyOf(agent)) ?? { ...NO_STATE, made: new WeakMap() };
    states.set(keyOf(agent), { ...state, ...next(state) });
  };
  for (const row of await store.rules()) put(row, ({ rules }) => ({ rules: [...rules, row] }));
  for (const row of await store.modes()) {
    const { mode, updatedAtMs, updatedBy } = row;
    put(row, () => ({ mode: { mode, updatedBy, updatedAt: isoTime(updatedAtMs) } }));
  }
  return states;
}
