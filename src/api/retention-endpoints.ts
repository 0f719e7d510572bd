/** How long what the log holds is kept, and what must stay. The audit area records each change. */
import { z } from 'zod';
import { auditKinds } from '../audit/audit.ts';
import {
  holdBody,
  holdList,
  placedHold,
  retentionBody,
  retentionDeleteQuery,
  retentionResource,
  retentionSetting,
} from '../contracts/retention.ts';
import { changedBy } from './changed-by.ts';
import { endpoint } from './endpoint.ts';

const show = endpoint({
  method: 'GET',
  path: '/v1/audit/retention',
  permission: 'admin',
  summary: 'How long payloads and events are kept, and when that was last carried out.',
  responses: { 200: { description: 'All settings.', schema: retentionResource } },
  errors: [],
  handle: async ({ actor }, { audit }) => ({
    status: 200,
    body: await audit.retention(actor.workspaceId).describe(),
  }),
});

const set = endpoint({
  method: 'POST',
  path: '/v1/audit/retention',
  permission: 'admin',
  audit: { kind: auditKinds['audit.retention_set'], record: 'itself' },
  summary: 'Sets how long payloads and events of the workspace, or of an agent, are kept.',
  body: retentionBody,
  responses: { 200: { description: 'Holds from now on.', schema: retentionSetting } },
  errors: ['audit_unavailable'],
  handle: async (call, { audit }) => ({
    status: 200,
    body: await audit.retention(call.actor.workspaceId).set(call.body, changedBy(call)),
  }),
});

const unset = endpoint({
  method: 'DELETE',
  path: '/v1/audit/retention',
  permission: 'admin',
  audit: { kind: auditKinds['audit.retention_set'], record: 'itself' },
  summary: 'Takes a setting away: of an agent, or of the workspace.',
  query: retentionDeleteQuery,
  responses: { 204: { description: 'It is gone.' } },
  errors: ['audit_retention_not_found', 'audit_unavailable'],
  handle: async (call, { audit }) => {
    const agent = call.query.agent ?? null;
    await audit.retention(call.actor.workspaceId).unset(agent, changedBy(call));
    return { status: 204 };
  },
});

const holds = endpoint({
  method: 'GET',
  path: '/v1/audit/holds',
  permission: 'admin',
  summary: 'What is held: not erased, whatever the settings say.',
  responses: { 200: { description: 'All of them.', schema: holdList } },
  errors: [],
  handle: async ({ actor }, { audit }) => ({
    status: 200,
    body: { items: await audit.retention(actor.workspaceId).holds() },
  }),
});

const place = endpoint({
  method: 'POST',
  path: '/v1/audit/holds',
  permission: 'admin',
  audit: { kind: auditKinds['audit.hold_placed'], record: 'itself' },
  summary: 'Places a hold: what it names is not erased until it is released.',
  body: holdBody,
  responses: { 201: { description: 'It holds.', schema: placedHold } },
  errors: ['audit_hold_exists', 'audit_unavailable'],
  handle: async (call, { audit }) => ({
    status: 201,
    body: await audit.retention(call.actor.workspaceId).placeHold(call.body, changedBy(call)),
  }),
});

const release = endpoint({
  method: 'DELETE',
  path: '/v1/audit/holds/{name}',
  permission: 'admin',
  audit: { kind: auditKinds['audit.hold_released'], record: 'itself' },
  summary: 'Releases a hold.',
  // Any text: a name that no hold can have is not found.
  params: z.strictObject({ name: z.string().min(1).max(200) }),
  responses: { 204: { description: 'It is gone.' } },
  errors: ['audit_hold_not_found', 'audit_unavailable'],
  handle: async (call, { audit }) => {
    await audit.retention(call.actor.workspaceId).releaseHold(call.params.name, changedBy(call));
    return { status: 204 };
  },
});

export const retentionEndpoints = [show, set, unset, holds, place, release];
