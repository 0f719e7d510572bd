/** The log as a whole: its state, what others verify it by, exports and proofs. */
import { z } from 'zod';
import { auditStatus, exportFormat, reindexReport } from '../contracts/audit-status.ts';
import { begunVerification } from '../contracts/audit-verification.ts';
import { eventTermsQuery } from '../contracts/event-query.ts';
import { emptyBody } from '../contracts/requests.ts';
import { changedBy } from './changed-by.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { eventTerms, termWords } from './event-terms.ts';
import { apiEvents } from './events.ts';

const TEXT = 'text/plain; charset=utf-8';

const status = endpoint({
  method: 'GET',
  path: '/v1/audit',
  permission: 'audit',
  summary:
    'How the audit log stands: whether it can be written, how long it is, its checkpoint, its last verification.',
  responses: { 200: { description: 'As it stands.', schema: auditStatus } },
  errors: [],
  handle: async ({ actor }, { audit }) => ({
    status: 200,
    body: await audit.status(actor.workspaceId),
  }),
});

const checkpoint = endpoint({
  method: 'GET',
  path: '/v1/audit/checkpoint',
  permission: 'audit',
  summary:
    'A signed statement about all entries so far (C2SP tlog-checkpoint): keep it elsewhere, and nothing below it can be changed unseen.',
  responses: {
    200: { description: 'A signed note.', schema: z.string(), mediaType: 'text/plain' },
  },
  errors: ['audit_unavailable', 'audit_log_damaged'],
  handle: async ({ actor }, { audit }) => ({
    content: Buffer.from(await audit.checkpoint(actor.workspaceId)),
    mediaType: TEXT,
  }),
});

const key = endpoint({
  method: 'GET',
  path: '/v1/audit/key',
  permission: 'audit',
  summary: 'The public key that checkpoints are verified with, as C2SP signed-note writes it.',
  responses: { 200: { description: 'One line.', schema: z.string(), mediaType: 'text/plain' } },
  errors: ['audit_unavailable'],
  handle: async (_call, { audit }) => ({
    content: Buffer.from(await audit.publicKey()),
    mediaType: TEXT,
  }),
});

/** Nobody changes a whole tile: whoever has it need not ask again. */
const IMMUTABLE = 'private, max-age=31536000, immutable';

const tile = endpoint({
  method: 'GET',
  path: '/v1/audit/tiles/{path}',
  restOfPath: true,
  permission: 'audit',
  summary:
    'A file of the log as C2SP tlog-tiles lays it out below this prefix: checkpoint, tile/0/000, tile/0/x001/234.p/5.',
  params: z.strictObject({ path: z.string().min(1).max(200) }),
  responses: {
    200: {
      description: 'Hashes of 32 bytes each, or the published checkpoint.',
      schema: z.string(),
      mediaType: 'application/octet-stream',
    },
  },
  errors: ['tile_not_found'],
  handle: async ({ actor, params: { path } }, { audit }) => {
    const bytes = await audit.publishedFile(actor.workspaceId, path);
    if (bytes === undefined)
      throw apiErrors.tile_not_found(`There is no ${JSON.stringify(path)} in this log.`);
    if (path === 'checkpoint') return { content: bytes, mediaType: TEXT };
    return {
      content: bytes,
      mediaType: 'application/octet-stream',
      ...(!path.includes('.p/') && { headers: { 'cache-control': IMMUTABLE } }),
    };
  },
});

const proof = endpoint({
  method: 'GET',
  path: '/v1/audit/proof',
  permission: 'audit',
  audit: {
    kind: apiEvents['audit.prove'],
    record: 'read',
    facts: ({ query }) => (query === undefined ? {} : { attributes: { event: query.event } }),
  },
  summary:
    'The proof that an event is in the log: its entries, their paths through the tree, and the checkpoint.',
  query: z.strictObject({ event: z.string().min(1).max(200) }),
  responses: {
    200: { description: 'As the verifier reads it.', schema: z.record(z.string(), z.unknown()) },
  },
  errors: ['event_not_found', 'audit_index_unavailable', 'audit_unavailable'],
  handle: async ({ actor, query: { event } }, { audit }) => ({
    status: 200,
    body: await audit.prove(actor.workspaceId, event),
  }),
});

const exportEvents = endpoint({
  method: 'GET',
  path: '/v1/audit/export',
  permission: 'audit',
  audit: {
    kind: apiEvents['audit.export'],
    record: 'read',
    facts: ({ query }) => {
      if (query === undefined) return {};
      const { format, ...terms } = query;
      return { attributes: { format: format ?? 'jsonl', terms: termWords(terms) } };
    },
  },
  summary:
    'Events that match, with their content and with what proves them, as a tar made while it is sent.',
  query: eventTermsQuery.extend({ format: exportFormat.optional() }),
  responses: {
    200: {
      description: 'As docs/audit-format.md says; one that breaks off has no manifest.',
      schema: z.string(),
      mediaType: 'application/x-tar',
    },
  },
  errors: ['event_query_invalid', 'audit_index_unavailable', 'audit_unavailable'],
  handle: async ({ actor, query, signal }, { audit, clock }) => {
    const { format = 'jsonl', ...rest } = query;
    const terms = eventTerms(rest, clock.nowMs());
    // Refused here, while the answer can still be an error.
    await audit.search.list(actor.workspaceId, terms, { limit: 1 });
    return {
      content: audit.exportEvents(actor.workspaceId, {
        ...{ terms, format, signal },
        query: termWords(rest),
      }),
      mediaType: 'application/x-tar',
      headers: { 'content-disposition': 'attachment; filename="audit-export.tar"' },
    };
  },
});

const reindex = endpoint({
  method: 'POST',
  path: '/v1/audit/reindex',
  permission: 'admin',
  audit: { kind: apiEvents['audit.reindex'], record: 'action' },
  summary: 'Makes the search index again from the log; searches go on meanwhile.',
  body: emptyBody.optional(),
  responses: { 200: { description: 'It is made.', schema: reindexReport } },
  errors: ['audit_index_unavailable', 'audit_unavailable'],
  handle: async ({ actor, audit: tell }, { audit }) => {
    const report = await audit.search.reindex(actor.workspaceId);
    tell({ after: report });
    return { status: 200, body: report };
  },
});

const verify = endpoint({
  method: 'POST',
  path: '/v1/audit/verifications',
  permission: 'audit',
  audit: { kind: apiEvents['audit.verify'], record: 'itself' },
  summary:
    'Has swarmd verify the whole log with the independent verifier; one that is under way is joined. How it ends stands in GET /v1/audit, and in the event that is named.',
  body: emptyBody.optional(),
  responses: { 202: { description: 'It is under way.', schema: begunVerification } },
  errors: ['audit_unavailable'],
  handle: async (call, { audit }) => ({
    status: 202,
    body: audit.verifications(call.actor.workspaceId).begin(changedBy(call)),
  }),
});

export const auditEndpoints = [
  ...[status, checkpoint, key, tile, proof, exportEvents, reindex, verify],
];
