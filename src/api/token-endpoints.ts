import { z } from 'zod';
import {
  newTokenResource,
  type TokenResource,
  tokenBody,
  tokenResource,
} from '../contracts/requests.ts';
import { pageOf } from '../contracts/resources.ts';
import { endpoint } from './endpoint.ts';
import { apiEvents } from './events.ts';

const params = z.strictObject({ id: z.string().min(1).max(100) });

/** Never its value. */
function summaryOf({ id, name, scopes, expiresAt }: TokenResource) {
  return { id, name, scopes, expiresAt };
}

const create = endpoint({
  method: 'POST',
  path: '/v1/tokens',
  permission: 'admin',
  audit: {
    kind: apiEvents['token.create'],
    record: 'action',
    facts: ({ body }) =>
      body === undefined
        ? {}
        : { after: { name: body.name, scopes: body.scopes, expiresAt: body.expiresAt ?? null } },
  },
  summary: 'Makes a token. Its value is shown this once.',
  body: tokenBody,
  idempotency: 'refuse-repeat',
  responses: { 201: { description: 'Made.', schema: newTokenResource } },
  errors: ['token_expiry_invalid'],
  handle: async ({ actor, body, audit }, { access }) => {
    const token = await access.create({
      actor,
      name: body.name,
      scopes: body.scopes,
      ...(body.expiresAt !== undefined && { expiresAt: body.expiresAt }),
    });
    audit({ before: null, after: summaryOf(token) });
    return { status: 201, body: token };
  },
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
  audit: {
    kind: apiEvents['token.delete'],
    record: 'action',
    facts: ({ params }) => ({ attributes: { token: params.id } }),
  },
  summary: 'Ends a token at once.',
  params,
  responses: { 204: { description: 'It is refused from now on.' } },
  errors: ['token_not_found'],
  handle: async ({ actor, params: { id }, audit }, { access }) => {
    audit({ before: summaryOf(access.get(actor, id)), after: null });
    await access.delete(actor, id);
    return { status: 204 };
  },
});

export const tokenEndpoints = [create, list, show, remove];
