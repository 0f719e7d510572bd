import { z } from 'zod';
import {
  agentWait,
  agentWaitQuery,
  emptyBody,
  MAX_WAIT_MS,
  pageQuery,
  rollbackBody,
  scaleBody,
} from '../contracts/requests.ts';
import {
  agentResource,
  deploymentResource,
  machineResource,
  pageOf,
  revisionResource,
} from '../contracts/resources.ts';
import { waitForAgent } from './agent-wait.ts';
import { endpoint } from './endpoint.ts';
import { pageOfSorted, pageRequest } from './paging.ts';

/** Any text: a name that no agent can have is not found, with the nearest one as remedy. */
export const agentParams = z.strictObject({ name: z.string().min(1).max(200) });

const list = endpoint({
  method: 'GET',
  path: '/v1/agents',
  permission: 'read',
  summary: 'Agents by name.',
  query: pageQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(agentResource) } },
  errors: [],
  handle: async ({ actor, query }, { fleet }) => {
    const agents = [...(await fleet.agents(actor))].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { status: 200, body: pageOfSorted(agents, { ...query, keyOf: (agent) => agent.name }) };
  },
});

const show = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}',
  permission: 'read',
  summary: 'One agent with its replicas.',
  params: agentParams,
  responses: { 200: { description: 'As it stands.', schema: agentResource } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name } }, { fleet }) => ({
    status: 200,
    body: await fleet.agent(actor, name),
  }),
});

const remove = endpoint({
  method: 'DELETE',
  path: '/v1/agents/{name}',
  permission: 'deploy',
  summary: 'Deletes an agent: its machines drain and stop, then it is gone with its revisions.',
  params: agentParams,
  responses: { 202: { description: 'It is being deleted.', schema: agentResource } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name } }, { fleet }) => {
    const agent = await fleet.agent(actor, name);
    await fleet.delete({ actor, agent: name });
    return { status: 202, body: { ...agent, state: 'deleting' } };
  },
});

const wait = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/wait',
  permission: 'read',
  summary: 'Answers when the agent has reached the state, or the time has run out.',
  params: agentParams,
  query: agentWaitQuery,
  responses: { 200: { description: 'How it stands.', schema: agentWait } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name }, query, signal }, { fleet }) => ({
    status: 200,
    body: await waitForAgent(fleet, {
      actor,
      name,
      state: query.state,
      timeoutMs: query.timeoutMs ?? MAX_WAIT_MS,
      signal,
    }),
  }),
});

const scale = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/scale',
  permission: 'deploy',
  summary: 'Sets how many replicas are wanted.',
  params: agentParams,
  body: scaleBody,
  idempotency: 'replay',
  responses: { 200: { description: 'Wanted from now on.', schema: agentResource } },
  errors: ['agent_not_found', 'agent_deleting'],
  handle: async ({ actor, params: { name }, body }, { fleet }) => ({
    status: 200,
    body: await fleet.scale({ actor, agent: name, replicas: body.replicas }),
  }),
});

const rollback = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/rollback',
  permission: 'deploy',
  summary: 'Deploys the revision of that number again, or the one that was active before.',
  params: agentParams,
  body: rollbackBody.optional(),
  idempotency: 'replay',
  responses: { 202: { description: 'Begun.', schema: deploymentResource } },
  errors: ['agent_not_found', 'revision_not_found', 'deployment_in_progress', 'agent_deleting'],
  handle: async ({ actor, params: { name }, body }, { deployer }) => ({
    status: 202,
    body: await deployer.rollback({
      actor,
      agent: name,
      ...(body?.revision !== undefined && { revision: body.revision }),
    }),
  }),
});

const restart = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/restart',
  permission: 'deploy',
  summary: 'Replaces all machines by new ones of the same revision.',
  params: agentParams,
  body: emptyBody.optional(),
  idempotency: 'replay',
  responses: { 202: { description: 'Begun.', schema: deploymentResource } },
  errors: ['agent_not_found', 'deployment_in_progress', 'agent_deleting'],
  handle: async ({ actor, params: { name } }, { deployer }) => ({
    status: 202,
    body: await deployer.restart({ actor, agent: name }),
  }),
});

const revisions = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/revisions',
  permission: 'read',
  summary: 'Revisions of an agent, newest first.',
  params: agentParams,
  query: pageQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(revisionResource) } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name }, query }, { deployer }) => ({
    status: 200,
    body: await deployer.revisions(actor, { ...pageRequest(query), agent: name }),
  }),
});

const machines = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/machines',
  permission: 'read',
  summary: 'Machines of an agent, newest first; those that ended in the last day included.',
  params: agentParams,
  responses: { 200: { description: 'All of them.', schema: pageOf(machineResource) } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name } }, { fleet }) => ({
    status: 200,
    body: { items: await fleet.machines(actor, name), nextCursor: null },
  }),
});

export const agentEndpoints = [
  list,
  show,
  remove,
  wait,
  scale,
  rollback,
  restart,
  revisions,
  machines,
];
