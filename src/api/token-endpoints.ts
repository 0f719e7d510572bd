import { z } from 'zod';
import { newTokenResource, tokenBody, tokenResource } from '../contracts/requests.ts';
import { pageOf } from '../contracts/resources.ts';
import { endpoint } from './endpoint.ts';

const params = z.strictObject({ id: z.string().min(1).max(100) });

const create = endpoint({
  method: 'POST',
  path: '/v1/tokens',
  permission: 'admin',
  summary: 'Makes a token. Its value is shown this once.',
  body: tokenBody,
  idempotency: 'refuse-repeat',
  responses: { 201: { description: 'Made.', schema: newTokenResource } },
  errors: ['token_expiry_invalid'],
  handle: async ({ actor, body }, { access }) => ({
    status: 201,
    body: await access.create({
      actor,
      name: body.name,
      scopes: body.scopes,
      ...(body.expiresAt !== undefined && { expiresAt: body.expiresAt }),
    }),
  }),
});

const list = endpoint({
  method: 'GET',
  path: '/v1/tokens',
  permission: 'admin',
  summary: 'Tokens, oldest first, without their values.',
  responses: { 200: { description: 'All of them.', schema: pageOf(tokenResource) } },
  errors: [],
  handle: async ({ actor }, { access }) => ({
    status: 200,
    body: { items: access.list(actor), nextCursor: null },
  }),
});

const show = endpoint({
  method: 'GET',
  path: '/v1/tokens/{id}',
  permission: 'admin',
  summary: 'One token, without its value.',
  params,
  responses: { 200: { description: 'As it stands.', schema: tokenResource } },
  errors: ['token_not_found'],
  handle: async ({ actor, params: { id } }, { access }) => ({
    status: 200,
    body: access.get(actor, id),
  }),
});

const remove = endpoint({
  method: 'DELETE',
  path: '/v1/tokens/{id}',
  permission: 'admin',
  summary: 'Ends a token at once.',
  params,
  responses: { 204: { description: 'It is refused from now on.' } },
  errors: ['token_not_found'],
  handle: async ({ actor, params: { id } }, { access }) => {
    await access.delete(actor, id);
    return { status: 204 };
  },
});

export const tokenEndpoints = [create, list, show, remove];
