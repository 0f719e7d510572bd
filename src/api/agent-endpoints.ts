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
  type AgentResource,
  agentResource,
  deploymentResource,
  machineResource,
  pageOf,
  revisionResource,
} from '../contracts/resources.ts';
import { waitForAgent } from './agent-wait.ts';
import { moveOf } from './deployment-facts.ts';
import { endpoint, type Told } from './endpoint.ts';
import { apiEvents } from './events.ts';
import { pageOfSorted, pageRequest } from './paging.ts';

/** Any text: a name that no agent can have is not found, with the nearest one as remedy. */
export const agentParams = z.strictObject({ name: z.string().min(1).max(200) });

/** For the events of what is done to an agent. */
function ofAgent({ params: { name } }: { params: z.output<typeof agentParams> }): Told {
  return { agent: name.slice(0, 100) };
}

function summaryOf({ state, revision, replicas, image }: AgentResource) {
  return { state, revision, replicas: replicas.desired, image: image?.digest ?? null };
}

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
  audit: { kind: apiEvents['agent.delete'], record: 'action', facts: ofAgent },
  summary: 'Deletes an agent: its machines drain and stop, then it is gone with its revisions.',
  params: agentParams,
  responses: { 202: { description: 'It is being deleted.', schema: agentResource } },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name }, audit }, { fleet }) => {
    const agent = await fleet.agent(actor, name);
    audit({ before: summaryOf(agent), after: null });
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
  audit: {
    kind: apiEvents['agent.scale'],
    record: 'action',
    facts: ({ params, body }) => ({
      ...ofAgent({ params }),
      ...(body !== undefined && { after: { replicas: body.replicas } }),
    }),
  },
  summary: 'Sets how many replicas are wanted.',
  params: agentParams,
  body: scaleBody,
  idempotency: 'replay',
  responses: { 200: { description: 'Wanted from now on.', schema: agentResource } },
  errors: ['agent_not_found', 'agent_deleting'],
  handle: async ({ actor, params: { name }, body, audit }, { fleet }) => {
    const { replicas } = await fleet.agent(actor, name);
    audit({ before: { replicas: replicas.desired } });
    return {
      status: 200,
      body: await fleet.scale({ actor, agent: name, replicas: body.replicas }),
    };
  },
});

const rollback = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/rollback',
  permission: 'deploy',
  audit: {
    kind: apiEvents['agent.rollback'],
    record: 'action',
    facts: ({ params, body }) => ({
      ...ofAgent({ params }),
      ...(body?.revision !== undefined && { after: { revision: body.revision } }),
    }),
  },
  summary: 'Deploys the revision of that number again, or the one that was active before.',
  params: agentParams,
  body: rollbackBody.optional(),
  idempotency: 'replay',
  responses: { 202: { description: 'Begun.', schema: deploymentResource } },
  errors: ['agent_not_found', 'revision_not_found', 'deployment_in_progress', 'agent_deleting'],
  handle: async ({ actor, params: { name }, body, audit }, { deployer }) => {
    const deployment = await deployer.rollback({
      actor,
      agent: name,
      ...(body?.revision !== undefined && { revision: body.revision }),
    });
    audit(moveOf(deployment));
    return { status: 202, body: deployment };
  },
});

const restart = endpoint({
  method: 'POST',
  path: '/v1/agents/{name}/restart',
  permission: 'deploy',
  audit: { kind: apiEvents['agent.restart'], record: 'action', facts: ofAgent },
  summary: 'Replaces all machines by new ones of the same revision.',
  params: agentParams,
  body: emptyBody.optional(),
  idempotency: 'replay',
  responses: { 202: { description: 'Begun.', schema: deploymentResource } },
  errors: ['agent_not_found', 'deployment_in_progress', 'agent_deleting'],
  handle: async ({ actor, params: { name }, audit }, { deployer }) => {
    const deployment = await deployer.restart({ actor, agent: name });
    audit(moveOf(deployment));
    return { status: 202, body: deployment };
  },
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
