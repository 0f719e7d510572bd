import { z } from 'zod';
import {
  deployBody,
  deploymentListQuery,
  deploymentWait,
  deployQuery,
  emptyBody,
  GIT_TOKEN_HEADER,
  MAX_WAIT_MS,
  waitQuery,
} from '../contracts/requests.ts';
import {
  type DeploymentEvent,
  deploymentEvent,
  deploymentPreview,
  deploymentResource,
  pageOf,
} from '../contracts/resources.ts';
import { changesOf, describeSource, moveOf } from './deployment-facts.ts';
import { endpoint, type StreamItem } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { apiEvents } from './events.ts';
import { pageRequest } from './paging.ts';

const params = z.strictObject({ id: z.string().min(1).max(100) });

const create = endpoint({
  method: 'POST',
  path: '/v1/deployments',
  permission: 'deploy',
  audit: {
    kind: apiEvents['deployment.create'],
    record: 'action',
    facts: ({ query, body }) => ({
      ...(body !== undefined && { agent: body.manifest.metadata.name }),
      attributes: {
        ...(body !== undefined && { source: describeSource(body.source) }),
        ...(query?.dryRun === true && { dryRun: true }),
      },
    }),
  },
  summary: 'Deploys an agent, new or known; with dryRun it only says what would change.',
  query: deployQuery,
  headers: z.object({
    [GIT_TOKEN_HEADER]: z
      .string()
      .optional()
      .describe('Token for a private Git repository over HTTPS: kept in memory until the clone.'),
  }),
  body: deployBody,
  idempotency: 'replay',
  responses: {
    202: { description: 'Begun; its events tell how it goes.', schema: deploymentResource },
    200: { description: 'With dryRun: what would change.', schema: deploymentPreview },
  },
  errors: ['deployment_in_progress', 'agent_deleting'],
  handle: async ({ actor, query, body, request, audit }, { deployer }) => {
    const gitToken = request.headers[GIT_TOKEN_HEADER];
    const deployRequest = {
      actor,
      ...body,
      ...(typeof gitToken === 'string' && gitToken !== '' && { gitToken }),
    };
    if (query.dryRun === true) return { status: 200, body: await deployer.preview(deployRequest) };
    audit({ attributes: { changes: changesOf(await deployer.preview(deployRequest)) } });
    const deployment = await deployer.deploy(deployRequest);
    audit(moveOf(deployment));
    return { status: 202, body: deployment };
  },
});

const list = endpoint({
  method: 'GET',
  path: '/v1/deployments',
  permission: 'read',
  summary: 'Deployments, newest first.',
  query: deploymentListQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(deploymentResource) } },
  errors: [],
  handle: async ({ actor, query }, { deployer }) => ({
    status: 200,
    body: await deployer.list(actor, {
      ...pageRequest(query),
      ...(query.agent !== undefined && { agent: query.agent }),
    }),
  }),
});

const show = endpoint({
  method: 'GET',
  path: '/v1/deployments/{id}',
  permission: 'read',
  summary: 'One deployment.',
  params,
  responses: { 200: { description: 'As it stands.', schema: deploymentResource } },
  errors: ['deployment_not_found'],
  handle: async ({ actor, params: { id } }, { deployer }) => ({
    status: 200,
    body: await deployer.get(actor, id),
  }),
});

const events = endpoint({
  method: 'GET',
  path: '/v1/deployments/{id}/events',
  permission: 'read',
  summary: 'Its progress as it happens, from the first event or after Last-Event-ID, to the last.',
  params,
  headers: z.object({ 'last-event-id': z.string().optional() }),
  responses: {
    200: {
      description: 'Ends after the event `finished`.',
      schema: deploymentEvent,
      mediaType: 'text/event-stream',
    },
  },
  errors: ['deployment_not_found', 'last_event_id_invalid'],
  handle: async ({ actor, params: { id }, request, signal }, { deployer }) => {
    const afterSeq = lastEventId(request.headers['last-event-id']);
    // Refused here, while the answer can still be an error.
    await deployer.get(actor, id);
    return { events: numbered(deployer.events(actor, { deploymentId: id, afterSeq, signal })) };
  },
});

const wait = endpoint({
  method: 'GET',
  path: '/v1/deployments/{id}/wait',
  permission: 'read',
  summary: 'Answers when the deployment has finished, or the time has run out.',
  params,
  query: waitQuery,
  responses: { 200: { description: 'How it stands.', schema: deploymentWait } },
  errors: ['deployment_not_found'],
  handle: async ({ actor, params: { id }, query, signal }, { deployer }) => {
    const limit = AbortSignal.timeout(query.timeoutMs ?? MAX_WAIT_MS);
    let deployment = await deployer.get(actor, id);
    if (deployment.finishedAt === null) {
      const stream = deployer.events(actor, {
        deploymentId: id,
        afterSeq: 0,
        signal: AbortSignal.any([limit, signal]),
      });
      try {
        for await (const event of stream) if (event.type === 'finished') break;
      } catch (error) {
        if (!limit.aborted && !signal.aborted) throw error;
      }
      deployment = await deployer.get(actor, id);
    }
    return { status: 200, body: { finished: deployment.finishedAt !== null, deployment } };
  },
});

const cancel = endpoint({
  method: 'POST',
  path: '/v1/deployments/{id}/cancel',
  permission: 'deploy',
  audit: {
    kind: apiEvents['deployment.cancel'],
    record: 'action',
    facts: ({ params: { id } }) => ({ attributes: { deployment: id } }),
  },
  summary: 'Stops a deployment and undoes its steps; the old revision goes on serving.',
  params,
  body: emptyBody.optional(),
  responses: { 202: { description: 'It is being undone.', schema: deploymentResource } },
  errors: ['deployment_not_found', 'deployment_finished'],
  handle: async ({ actor, params: { id }, audit }, { deployer }) => {
    const { agent, state, step } = await deployer.get(actor, id);
    audit({ agent, before: { state, step } });
    const deployment = await deployer.cancel({ actor, deploymentId: id });
    audit({ after: { state: deployment.state } });
    return { status: 202, body: deployment };
  },
});

function lastEventId(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return 0;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw apiErrors.last_event_id_invalid('Last-Event-ID is not the number of an event.');
}

async function* numbered(source: AsyncIterable<DeploymentEvent>): AsyncGenerator<StreamItem> {
  for await (const event of source) yield { id: String(event.seq), data: event };
}

export const deploymentEndpoints = [create, list, show, events, wait, cancel];
