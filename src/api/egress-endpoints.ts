/** What an agent may reach: shown, changed live, suggested, tried. The egress area records changes. */
import { z } from 'zod';
import type { Actor } from '../contracts/actor.ts';
import type { EgressPolicy } from '../contracts/egress-policy.ts';
import {
  type EgressResource,
  egressCheckBody,
  egressCheckResource,
  egressModeBody,
  egressResource,
  egressRuleBody,
  egressSuggestion,
  egressSuggestionQuery,
  type LiveRuleResource,
  liveRuleResource,
} from '../contracts/egress-requests.ts';
import { decide, egressPolicyEvents, type LiveRule, ruleText } from '../egress/egress.ts';
import { agentParams } from './agent-endpoints.ts';
import type { ApiParts } from './api-parts.ts';
import { changedBy } from './changed-by.ts';
import { endpoint } from './endpoint.ts';
import { eventTerms } from './event-terms.ts';
import { observeEgress } from './observe-egress.ts';

type Parts = Pick<ApiParts, 'deployer' | 'egress' | 'fleet'>;
interface InForce {
  readonly key: { readonly workspaceId: string; readonly agent: string };
  readonly revision: number | null;
  readonly policy: EgressPolicy;
  readonly live: readonly LiveRule[];
}

/** @throws agent_not_found */
async function inForce(
  { deployer, egress, fleet }: Parts,
  { actor, agent }: { actor: Actor; agent: string },
): Promise<InForce> {
  const { revision } = await fleet.agent(actor, agent);
  const key = { workspaceId: actor.workspaceId, agent };
  const configured =
    revision === null ? undefined : await configuredBy(actor, { agent, revision, deployer });
  return {
    ...{ key, revision },
    policy: egress.policies.policy(key, configured),
    live: egress.policies.liveRules(key),
  };
}

/** What the revision says, as it was stored with it. */
async function configuredBy(
  actor: Actor,
  { agent, revision, deployer }: { agent: string; revision: number } & Pick<Parts, 'deployer'>,
): Promise<EgressPolicy | undefined> {
  const page = { limit: 1, cursor: String(revision + 1) };
  const { items } = await deployer.revisions(actor, { agent, ...page });
  const found = items.find(({ number }) => number === revision);
  return found?.config.egress as EgressPolicy | undefined;
}

/** Live rules are the last ones of a policy, in the order of their list. */
function liveAt({ policy, live }: InForce, index: number): LiveRule | undefined {
  return live[index - (policy.rules.length - live.length)];
}

const liveOf = ({ id, rule, createdAt, createdBy }: LiveRule): LiveRuleResource => ({
  ...{ id, text: ruleText(rule), rule, createdAt, createdBy },
});

async function resourceOf(
  parts: Parts,
  { actor, agent }: { actor: Actor; agent: string },
): Promise<EgressResource> {
  const found = await inForce(parts, { actor, agent });
  const { policy, revision, key } = found;
  return {
    ...{ agent, revision, mode: policy.mode },
    liveMode: parts.egress.policies.liveMode(key) ?? null,
    callsPerMinute: policy.callsPerMinute ?? null,
    rules: policy.rules.map((rule, index) => {
      const live = liveAt(found, index);
      const { id = '', createdAt = '', createdBy = '' } = live ?? {};
      const text = ruleText(rule);
      return { index, text, rule, live: live === undefined ? null : { id, createdAt, createdBy } };
    }),
  };
}

const show = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/egress',
  permission: 'read',
  summary: 'What an agent may reach: the policy in force, with the rules that were added live.',
  params: agentParams,
  responses: { 200: { description: 'As it holds now.', schema: egressResource } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name } }, parts) => ({
    status: 200,
    body: await resourceOf(parts, { actor, agent: name }),
  }),
});

const allow = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/egress/rules',
  permission: 'deploy',
  audit: {
    kind: egressPolicyEvents['egress.rule_added'],
    record: 'itself',
    facts: ({ params: { name } }) => ({ agent: name.slice(0, 100) }),
  },
  summary: 'Adds a rule live: it holds at once, for this and later revisions, until it is removed.',
  params: agentParams,
  body: egressRuleBody,
  idempotency: 'replay',
  responses: { 201: { description: 'It holds.', schema: liveRuleResource } },
  errors: [
    ...['agent_not_found', 'egress_rule_exists', 'egress_rules_too_many', 'audit_unavailable'],
  ],
  handle: async (call, { egress, fleet }) => {
    const { actor, body, params } = call;
    await fleet.agent(actor, params.name);
    const key = { workspaceId: actor.workspaceId, agent: params.name };
    const added = await egress.policies.addRule(key, { rule: body.rule, by: changedBy(call) });
    return { status: 201, body: liveOf(added) };
  },
});

const remove = endpoint({
  method: 'DELETE',
  path: '/v1/agents/{name}/egress/rules/{id}',
  permission: 'deploy',
  audit: {
    kind: egressPolicyEvents['egress.rule_removed'],
    record: 'itself',
    facts: ({ params: { name } }) => ({ agent: name.slice(0, 100) }),
  },
  summary: 'Removes a rule that was added live; connections that it allowed end.',
  params: agentParams.extend({ id: z.string().min(1).max(200) }),
  responses: { 204: { description: 'It is gone.' } },
  errors: ['agent_not_found', 'egress_rule_not_found', 'audit_unavailable'],
  handle: async (call, { egress, fleet }) => {
    const { actor, params } = call;
    await fleet.agent(actor, params.name);
    const key = { workspaceId: actor.workspaceId, agent: params.name };
    await egress.policies.removeRule(key, { id: params.id, by: changedBy(call) });
    return { status: 204 };
  },
});

const mode = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/egress/mode',
  permission: 'deploy',
  audit: {
    kind: egressPolicyEvents['egress.mode_set'],
    record: 'itself',
    facts: ({ params: { name } }) => ({ agent: name.slice(0, 100) }),
  },
  summary: 'Sets the mode live, in place of the revision’s, or gives it back.',
  params: agentParams,
  body: egressModeBody,
  responses: { 200: { description: 'It holds.', schema: egressResource } },
  errors: ['agent_not_found', 'audit_unavailable'],
  handle: async (call, parts) => {
    const { actor, body, params } = call;
    await parts.fleet.agent(actor, params.name);
    const key = { workspaceId: actor.workspaceId, agent: params.name };
    await parts.egress.policies.setMode(key, { mode: body.mode, by: changedBy(call) });
    return { status: 200, body: await resourceOf(parts, { actor, agent: params.name }) };
  },
});

const DEFAULT_SINCE = '7d';

const suggestion = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/egress/suggestion',
  permission: 'audit',
  summary: 'A policy made from the calls that were seen in the audit log.',
  params: agentParams,
  query: egressSuggestionQuery,
  responses: { 200: { description: 'Rules, and the YAML for them.', schema: egressSuggestion } },
  errors: ['agent_not_found', 'event_query_invalid', 'audit_index_unavailable'],
  handle: async ({ actor, params: { name }, query, signal }, parts) => {
    const { policy } = await inForce(parts, { actor, agent: name });
    const { since = DEFAULT_SINCE } = query;
    const terms = eventTerms({ since }, parts.clock.nowMs());
    const { search } = parts.audit;
    const { workspaceId } = actor;
    const seen = await observeEgress({
      ...{ search, workspaceId, agent: name, terms, signal, inForce: policy.rules },
    });
    return { status: 200, body: { agent: name, ...seen } };
  },
});

const DEFAULT_PORTS = { http: 80, https: 443, tcp: 443 } as const;

const check = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/egress/check',
  permission: 'read',
  audit: {
    kind: egressPolicyEvents['egress.checked'],
    record: 'read',
    facts: ({ params: { name }, body }) => ({
      agent: name.slice(0, 100),
      ...(body !== undefined && { attributes: { host: body.host.slice(0, 253) } }),
    }),
  },
  summary: 'Would this call be let through, and which rule says so? Nothing is sent to the host.',
  params: agentParams,
  body: egressCheckBody,
  responses: { 200: { description: 'What would become of it.', schema: egressCheckResource } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name }, body, signal }, parts) => {
    const found = await inForce(parts, { actor, agent: name });
    const { scheme, host, port = DEFAULT_PORTS[scheme], method, path } = body;
    const decision = decide(found.policy, {
      ...{ scheme, host, port },
      ...(method !== undefined && { method, path: path ?? '/' }),
    });
    const resolution = decision.allowed
      ? await parts.egress.resolver.resolve({
          ...{ host: decision.host, ranges: decision.ranges, signal },
          machineId: `check by ${actor.principalId}`,
        })
      : undefined;
    const { rule } = decision;
    return {
      status: 200,
      body: {
        allowed: resolution?.ok === true,
        ...{ wouldRefuse: decision.wouldRefuse, mode: found.policy.mode },
        reason: resolution?.ok === false ? resolution.reason : decision.reason,
        code: resolution?.ok === false ? `address_${resolution.code}` : (decision.code ?? null),
        rule: rule === undefined ? null : { ...rule, live: liveAt(found, rule.index)?.id ?? null },
        ...{ host: decision.host, intercept: decision.intercept },
        addresses: resolution?.ok ? resolution.addresses.map(({ address }) => address) : null,
      },
    };
  },
});

export const egressEndpoints = [show, allow, remove, mode, suggestion, check];
