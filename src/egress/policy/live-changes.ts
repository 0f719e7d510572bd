/** Live changes of what agents may reach: one after the other, each an event before it holds. */
import { type Clock, isoTime } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import { type EgressMode, type EgressRule, egressRuleFrom } from '../../contracts/egress-policy.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import type { EventDraft, Trail } from '../../contracts/trail.ts';
import type { EgressRuleRow, EgressRuleStore } from '../../store/store.ts';
import { auditedChanges, type ChangedBy, type Turn } from './audited-changes.ts';
import { egressPolicyErrors } from './errors.ts';
import { egressPolicyEvents } from './events.ts';
import { type EgressAgent, type LiveStates, liveModeOf } from './live-states.ts';
import { ruleText } from './rule-text.ts';

/** Each is looked through for every call to its host. */
const MAX_LIVE_RULES = 200;

export interface LiveRule {
  readonly id: string;
  readonly rule: EgressRule;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface LiveChangesOptions {
  readonly store: EgressRuleStore;
  readonly trail: (workspaceId: string) => Pick<Trail, 'begin' | 'record'>;
  readonly clock: Clock;
}

type Parts = LiveChangesOptions & { readonly live: LiveStates };

interface RuleToAdd {
  readonly rule: string | EgressRule;
  readonly by: ChangedBy;
}
interface RuleToRemove {
  readonly id: string;
  readonly by: ChangedBy;
}
interface ModeToSet {
  readonly mode: EgressMode | null;
  readonly by: ChangedBy;
}

export function createLiveChanges(parts: Parts) {
  const { store, live } = parts;
  const change = auditedChanges(parts.trail);
  return {
    addRule: (agent: EgressAgent, asked: RuleToAdd) =>
      change(agent.workspaceId, (turn) => addRule({ ...parts, ...turn }, { agent, ...asked })),
    removeRule: (agent: EgressAgent, asked: RuleToRemove) =>
      change(agent.workspaceId, (turn) => removeRule({ ...parts, ...turn }, { agent, ...asked })),
    setMode: (agent: EgressAgent, asked: ModeToSet) =>
      change(agent.workspaceId, (turn) => setMode({ ...parts, ...turn }, { agent, ...asked })),
    forget: (agent: EgressAgent) =>
      change(agent.workspaceId, async () => {
        await store.removeAll(agent);
        live.delete(agent);
      }),
  };
}

async function addRule(
  { store, live, clock, audited, refuse }: Parts & Turn,
  asked: RuleToAdd & { readonly agent: EgressAgent },
): Promise<LiveRule> {
  const { agent, by } = asked;
  const { rules } = live.of(agent);
  // Ids sort by their time, also those of one millisecond: the order is the same after a restart.
  const nowMs = Math.max(clock.nowMs(), (rules.at(-1)?.createdAtMs ?? 0) + 1);
  const row: EgressRuleRow = {
    ...{ id: newId('egr', nowMs), workspaceId: agent.workspaceId, agent: agent.agent },
    ...{ rule: egressRuleFrom(asked.rule), createdAtMs: nowMs, createdBy: by.actor.name },
  };
  const draft = ruleDraft(row, { kind: egressPolicyEvents['egress.rule_added'], by });
  const twin = rules.find(({ rule }) => JSON.stringify(rule) === JSON.stringify(row.rule));
  if (twin !== undefined) {
    const says = `The rule ${ruleText(row.rule)} of agent "${agent.agent}" is there already: ${twin.id}.`;
    return refuse(draft, egressPolicyErrors.egress_rule_exists(says));
  }
  if (rules.length >= MAX_LIVE_RULES) {
    const says = `Agent "${agent.agent}" has ${rules.length} live rules; it cannot have more.`;
    return refuse(draft, egressPolicyErrors.egress_rules_too_many(says));
  }
  await audited(draft, async () => {
    await store.insertRule(row);
    live.change(agent, { rules: [...rules, row] }, { narrower: false });
  });
  return liveRuleOf(row);
}

async function removeRule(
  { store, live, audited, refuse }: Parts & Turn,
  { agent, id, by }: RuleToRemove & { readonly agent: EgressAgent },
): Promise<void> {
  const { rules } = live.of(agent);
  const row = rules.find((one) => one.id === id);
  const kind = egressPolicyEvents['egress.rule_removed'];
  if (row === undefined) {
    const draft = { ...by, kind, agent: agent.agent, attributes: { ...by.attributes, id } };
    const says = `Agent "${agent.agent}" has no live rule "${id}".`;
    return refuse(draft, egressPolicyErrors.egress_rule_not_found(says));
  }
  await audited(ruleDraft(row, { kind, by }), async () => {
    await store.removeRule({ workspaceId: agent.workspaceId, id });
    live.change(agent, { rules: rules.filter((one) => one !== row) }, { narrower: true });
  });
}

async function setMode(
  { store, live, clock, audited }: Parts & Turn,
  { agent, mode, by }: ModeToSet & { readonly agent: EgressAgent },
): Promise<void> {
  const before = live.of(agent).mode?.mode ?? null;
  const draft = {
    ...by,
    kind: egressPolicyEvents['egress.mode_set'],
    agent: agent.agent,
    attributes: { ...by.attributes, before, after: mode },
  };
  await audited(draft, async () => {
    const { workspaceId, agent: name } = agent;
    const who = { updatedAtMs: clock.nowMs(), updatedBy: by.actor.name };
    const row = mode && { workspaceId, agent: name, mode, ...who };
    if (row === null) await store.removeMode(agent);
    else await store.putMode(row);
    live.change(agent, { mode: row ? liveModeOf(row) : undefined }, { narrower: mode !== 'audit' });
  });
}

function ruleDraft(
  { id, agent, rule }: EgressRuleRow,
  { kind, by }: { kind: EventKind; by: ChangedBy },
): EventDraft {
  const plain = { ...rule } as Readonly<Record<string, boolean | string | string[] | number[]>>;
  const attributes = { ...by.attributes, id, text: ruleText(rule), rule: plain };
  return { ...by, kind, agent, attributes };
}

export function liveRuleOf({ id, rule, createdAtMs, createdBy }: EgressRuleRow): LiveRule {
  return { id, rule, createdAt: isoTime(createdAtMs), createdBy };
}
