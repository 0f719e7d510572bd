/** What calls cost, budgets, prices, and the switch that stops an agent's calls. */
import { z } from 'zod';
import {
  budgetBody,
  budgetList,
  budgetResource,
  costQuery,
  costReport,
  importedPrices,
  MAX_PRICE_FILE_BYTES,
  pauseBody,
  pauseList,
  pauseResource,
  priceImportQuery,
  priceListDetail,
  priceLists,
  resumedResource,
} from '../contracts/cost.ts';
import { emptyBody } from '../contracts/requests.ts';
import { costKinds } from '../cost/cost.ts';
import { agentParams } from './agent-endpoints.ts';
import { changedBy } from './changed-by.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { readBytes } from './read-bytes.ts';

/** Any text: a name that nothing can have is not found. */
const named = z.strictObject({ name: z.string().min(1).max(200) });

const report = endpoint({
  method: 'GET',
  path: '/v1/costs',
  permission: 'read',
  summary: 'What calls cost, by agent, tool, model, day or run, in whole days (UTC).',
  query: costQuery,
  responses: { 200: { description: 'Rows, and the totals of all.', schema: costReport } },
  errors: ['cost_time_invalid'],
  handle: async ({ actor, query }, { cost }) => ({
    status: 200,
    body: await cost.of(actor.workspaceId).report(query),
  }),
});

const listBudgets = endpoint({
  method: 'GET',
  path: '/v1/budgets',
  permission: 'read',
  summary: 'All budgets, with what is spent, held and left in the period that is now.',
  responses: { 200: { description: 'By name.', schema: budgetList } },
  errors: [],
  handle: async ({ actor }, { cost }) => ({
    status: 200,
    body: { items: cost.of(actor.workspaceId).budgets.list() },
  }),
});

const setBudget = endpoint({
  method: 'POST',
  path: '/v1/budgets',
  permission: 'admin',
  audit: { kind: costKinds['budget.set'], record: 'itself' },
  summary: 'Sets a budget: makes it, or changes the one of that name. Holds from the next call on.',
  body: budgetBody,
  responses: { 200: { description: 'As it stands.', schema: budgetResource } },
  errors: ['audit_unavailable'],
  handle: async (call, { cost }) => ({
    status: 200,
    body: await cost.of(call.actor.workspaceId).budgets.set(call.body, changedBy(call)),
  }),
});

const removeBudget = endpoint({
  method: 'DELETE',
  path: '/v1/budgets/{name}',
  permission: 'admin',
  audit: { kind: costKinds['budget.deleted'], record: 'itself' },
  summary: 'Deletes a budget.',
  params: named,
  responses: { 204: { description: 'It is gone.' } },
  errors: ['budget_not_found', 'audit_unavailable'],
  handle: async (call, { cost }) => {
    await cost.of(call.actor.workspaceId).budgets.remove(call.params.name, changedBy(call));
    return { status: 204 };
  },
});

const listPrices = endpoint({
  method: 'GET',
  path: '/v1/prices',
  permission: 'read',
  summary: 'The price lists, in the order in which a model is looked up.',
  responses: { 200: { description: 'Without their prices.', schema: priceLists } },
  errors: [],
  handle: async ({ actor }, { cost }) => ({
    status: 200,
    body: { items: cost.of(actor.workspaceId).prices.list() },
  }),
});

const showPrices = endpoint({
  method: 'GET',
  path: '/v1/prices/{name}',
  permission: 'read',
  summary: 'A price list with its prices.',
  params: named,
  responses: { 200: { description: 'All of it.', schema: priceListDetail } },
  errors: ['prices_not_found'],
  handle: async ({ actor, params: { name } }, { cost }) => ({
    status: 200,
    body: cost.of(actor.workspaceId).prices.show(name),
  }),
});

const importPrices = endpoint({
  method: 'POST',
  path: '/v1/prices',
  permission: 'admin',
  audit: { kind: costKinds['prices.imported'], record: 'itself' },
  summary:
    'Imports a price file, at most 8 MiB, gzip allowed: whole, or not at all. It takes the place of the list of that name.',
  query: priceImportQuery,
  body: 'stream',
  bodyTypes: ['application/json'],
  responses: { 200: { description: 'It holds from the next call on.', schema: importedPrices } },
  errors: [
    ...['prices_invalid', 'body_type_unsupported', 'body_too_large', 'body_malformed'],
    'audit_unavailable',
  ],
  handle: async (call, { cost }) => {
    const bytes = await readBytes(call.request, { maxBytes: MAX_PRICE_FILE_BYTES });
    const { prices } = cost.of(call.actor.workspaceId);
    const file = { ...call.query, text: utf8(bytes) };
    return { status: 200, body: await prices.import(file, changedBy(call)) };
  },
});

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw apiErrors.body_malformed('The body is not text in UTF-8.', {
      remedy: 'Send the price file as JSON in UTF-8.',
    });
  }
}

const removePrices = endpoint({
  method: 'DELETE',
  path: '/v1/prices/{name}',
  permission: 'admin',
  audit: { kind: costKinds['prices.removed'], record: 'itself' },
  summary: 'Removes a price list of the workspace’s own.',
  params: named,
  responses: { 204: { description: 'It is gone.' } },
  errors: ['prices_not_found', 'audit_unavailable'],
  handle: async (call, { cost }) => {
    await cost.of(call.actor.workspaceId).prices.remove(call.params.name, changedBy(call));
    return { status: 204 };
  },
});

const listPauses = endpoint({
  method: 'GET',
  path: '/v1/pauses',
  permission: 'read',
  summary: 'The agents that are paused.',
  responses: { 200: { description: 'All of them.', schema: pauseList } },
  errors: [],
  handle: async ({ actor }, { cost }) => ({
    status: 200,
    body: { items: cost.of(actor.workspaceId).pauses.list() },
  }),
});

const pause = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/pause',
  permission: 'deploy',
  audit: { kind: costKinds['agent.paused'], record: 'itself' },
  summary: 'Pauses an agent: when this answers, none of its calls out passes any more.',
  params: agentParams,
  body: pauseBody,
  responses: { 200: { description: 'It is paused.', schema: pauseResource } },
  errors: ['agent_not_found'],
  handle: async (call, { cost, fleet }) => {
    const { name } = call.params;
    await fleet.agent(call.actor, name);
    const how = { reason: call.body.reason ?? '', by: changedBy(call) };
    return { status: 200, body: await cost.of(call.actor.workspaceId).pauses.pause(name, how) };
  },
});

const resume = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/resume',
  permission: 'deploy',
  audit: { kind: costKinds['agent.resumed'], record: 'itself' },
  summary: 'Lets a paused agent call out again.',
  params: agentParams,
  body: emptyBody,
  responses: { 200: { description: 'It is not paused any more.', schema: resumedResource } },
  errors: ['agent_not_found', 'agent_not_paused', 'audit_unavailable'],
  handle: async (call, { cost, fleet }) => {
    const { name } = call.params;
    const { pauses } = cost.of(call.actor.workspaceId);
    // A pause outlives its agent.
    if (!pauses.isPaused(name)) await fleet.agent(call.actor, name);
    await pauses.resume(name, changedBy(call));
    return { status: 200, body: { agent: name, paused: false } };
  },
});

export const costEndpoints = [
  ...[report, listBudgets, setBudget, removeBudget],
  ...[listPrices, showPrices, importPrices, removePrices],
  ...[listPauses, pause, resume],
];
