/**
 * Secrets. A value comes in a JSON body and goes nowhere but into its envelope: no answer, error or
 * event has it, and no Idempotency-Key is kept, because what is kept for one is a hash of the body,
 * from which a short value could be guessed.
 */
import { z } from 'zod';
import type { Actor } from '../contracts/actor.ts';
import {
  newSecretBody,
  rekeyReport,
  rotateSecretBody,
  type SecretResource,
  secretDeleteQuery,
  secretList,
  secretQuery,
  secretResource,
  secretUseBody,
  secretVersionList,
} from '../contracts/secret.ts';
import { secretKinds } from '../secrets/secrets.ts';
import { endpoint, type Told } from './endpoint.ts';

/** Any text: a name that no secret can have is not found. */
const params = z.strictObject({ name: z.string().min(1).max(200) });

/** Which one a request is about. */
function keyOf(actor: Actor, { name, agent }: { name: string; agent: string | undefined }) {
  return { workspaceId: actor.workspaceId, agent: agent ?? null, name };
}

function factsOf(name: string | undefined, agent: string | undefined): Told {
  return {
    ...(agent !== undefined && { agent }),
    ...(name !== undefined && { attributes: { secret: name } }),
  };
}

function summaryOf(secret: SecretResource | undefined) {
  if (secret === undefined) return null;
  const { version, mode, hosts, headers, allowHttp } = secret;
  return { version, mode, hosts, headers, allowHttp };
}

const create = endpoint({
  method: 'POST',
  path: '/v1/secrets',
  permission: 'deploy',
  audit: {
    kind: secretKinds['secret.set'],
    record: 'action',
    facts: ({ query, body }) => factsOf(body?.name, query?.agent),
  },
  summary: 'Makes a secret, of the workspace or of one agent.',
  query: secretQuery,
  body: newSecretBody,
  responses: {
    201: { description: 'It is there, as version 1 or later.', schema: secretResource },
  },
  errors: ['secret_exists', 'secret_value_invalid'],
  handle: async ({ actor, query, body, audit }, { secrets }) => {
    const { name, value, ...use } = body;
    const key = keyOf(actor, { name, agent: query.agent });
    const made = await secrets.create(key, { value, use, by: actor.name });
    audit({ before: null, after: summaryOf(made) });
    return { status: 201, body: made };
  },
});

const list = endpoint({
  method: 'GET',
  path: '/v1/secrets',
  permission: 'read',
  summary: 'Lists secrets, without their values; with agent those that this agent could use.',
  query: secretQuery,
  responses: { 200: { description: 'All of them, by name.', schema: secretList } },
  errors: [],
  handle: async ({ actor, query }, { secrets }) => {
    const { agent } = query;
    const options = agent === undefined ? {} : { agent };
    return { status: 200, body: { items: await secrets.list(actor.workspaceId, options) } };
  },
});

const versions = endpoint({
  method: 'GET',
  path: '/v1/secrets/{name}/versions',
  permission: 'read',
  summary: 'Which versions a secret had, without their values.',
  params,
  query: secretQuery,
  responses: { 200: { description: 'Newest first.', schema: secretVersionList } },
  errors: ['secret_not_found'],
  handle: async ({ actor, params: { name }, query }, { secrets }) => {
    const items = await secrets.versions(keyOf(actor, { name, agent: query.agent }));
    return { status: 200, body: { items } };
  },
});

const rotate = endpoint({
  method: 'POST',
  path: '/v1/secrets/{name}/rotate',
  permission: 'deploy',
  audit: {
    kind: secretKinds['secret.rotated'],
    record: 'action',
    facts: (asked) => factsOf(asked.params.name, asked.query?.agent),
  },
  summary: 'Gives a secret a new value; calls that begin after the answer carry it.',
  params,
  query: secretQuery,
  body: rotateSecretBody,
  responses: { 200: { description: 'A new version is in use.', schema: secretResource } },
  errors: ['secret_not_found', 'secret_value_invalid'],
  handle: async ({ actor, params: { name }, query, body, audit }, { secrets }) => {
    const key = keyOf(actor, { name, agent: query.agent });
    audit({ before: summaryOf(secrets.find(key)) });
    const rotated = await secrets.rotate(key, { value: body.value, by: actor.name });
    audit({ after: summaryOf(rotated) });
    return { status: 200, body: rotated };
  },
});

const changeUse = endpoint({
  method: 'POST',
  path: '/v1/secrets/{name}/use',
  permission: 'deploy',
  audit: {
    kind: secretKinds['secret.changed'],
    record: 'action',
    facts: (asked) => factsOf(asked.params.name, asked.query?.agent),
  },
  summary: 'Changes how a secret may be used: hosts, headers, plain HTTP, mode.',
  params,
  query: secretQuery,
  body: secretUseBody,
  responses: { 200: { description: 'Holds for the next call.', schema: secretResource } },
  errors: ['secret_not_found', 'secret_value_invalid', 'secret_damaged'],
  handle: async ({ actor, params: { name }, query, body, audit }, { secrets }) => {
    const key = keyOf(actor, { name, agent: query.agent });
    audit({ before: summaryOf(secrets.find(key)) });
    const changed = await secrets.changeUse(key, { use: body, by: actor.name });
    audit({ after: summaryOf(changed) });
    return { status: 200, body: changed };
  },
});

const remove = endpoint({
  method: 'DELETE',
  path: '/v1/secrets/{name}',
  permission: 'deploy',
  audit: {
    kind: secretKinds['secret.deleted'],
    record: 'action',
    facts: (asked) => factsOf(asked.params.name, asked.query?.agent),
  },
  summary: 'Deletes a secret; with force also one that an active revision names.',
  params,
  query: secretDeleteQuery,
  responses: { 204: { description: 'It is gone, and its values soon after.' } },
  errors: ['secret_not_found', 'secret_in_use'],
  handle: async ({ actor, params: { name }, query, audit }, { secrets }) => {
    const key = keyOf(actor, { name, agent: query.agent });
    const force = query.force === true;
    const before = summaryOf(secrets.find(key));
    audit({ before, after: null, ...(force && { attributes: { force } }) });
    await secrets.delete(key, { by: actor.name, force });
    return { status: 204 };
  },
});

const rekey = endpoint({
  method: 'POST',
  path: '/v1/secrets/rekey',
  permission: 'admin',
  audit: { kind: secretKinds['secret.rekeyed'], record: 'action' },
  summary: 'Puts a new root key in the place of the one in the file root.key.',
  responses: { 200: { description: 'The old key opens nothing any more.', schema: rekeyReport } },
  errors: ['root_key_unwritable'],
  handle: async ({ audit }, { secrets }) => {
    const { before, after } = await secrets.rekey();
    audit({ before: { rootKeyId: before }, after: { rootKeyId: after } });
    return { status: 200, body: { before, after } };
  },
});

/** `rekey` before what has a name in that place. */
export const secretEndpoints = [rekey, create, list, versions, rotate, changeUse, remove];
