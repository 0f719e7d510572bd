/** Events that programs send: their own as lines of JSON, and OpenTelemetry's spans. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../access/access.ts';
import type { IngestFormat, IngestSource } from '../audit/audit.ts';
import { callerEventActor } from '../contracts/event-actor.ts';
import { ingestReport } from '../contracts/event-query.ts';
import { DEFAULT_PAYLOAD_POLICY, type PayloadPolicy } from '../contracts/trail.ts';
import type { ApiParts } from './api-parts.ts';
import { addressOf } from './attempt.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { apiEvents } from './events.ts';
import { otlpJson, otlpProtobuf } from './otlp-response.ts';
import { mediaTypeOf, readBytes } from './read-bytes.ts';

const MAX_INGEST_BYTES = 16 * 1024 * 1024;
const BODY_ERRORS = ['body_type_unsupported', 'body_too_large', 'body_malformed'];
const audit = { kind: apiEvents['event.ingest'], record: 'refusals' } as const;

type Formats = Readonly<Record<string, IngestFormat>>;
const LINES: Formats = {
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/json': 'ndjson',
};
const OTLP: Formats = {
  'application/json': 'otlp-json',
  'application/x-protobuf': 'otlp-protobuf',
};

const events = endpoint({
  method: 'POST',
  path: '/v1/events',
  permission: 'ingest',
  audit,
  summary:
    'Takes a program’s own events, one JSON object a line, at most 20,000 lines and 16 MiB, gzip allowed. A line that was taken before, by its id, is not taken again.',
  body: 'stream',
  bodyTypes: Object.keys(LINES),
  responses: {
    200: { description: 'What was taken is durable; the rest is named.', schema: ingestReport },
  },
  errors: [...BODY_ERRORS, 'event_lines_too_many', 'audit_unavailable'],
  handle: async ({ caller, request }, parts) => ({
    status: 200,
    body: await ingest(parts, { caller, request, format: formatOf(request, LINES) }),
  }),
});

const traces = endpoint({
  method: 'POST',
  path: '/v1/traces',
  permission: 'ingest',
  audit,
  summary:
    'Takes spans over OTLP/HTTP, as JSON or protobuf, at most 20,000 spans and 16 MiB, gzip allowed; answers in the same form.',
  body: 'stream',
  bodyTypes: Object.keys(OTLP),
  responses: {
    200: {
      description: 'An ExportTraceServiceResponse; partial_success counts what was not taken.',
    },
  },
  errors: [...BODY_ERRORS, 'audit_unavailable'],
  handle: async ({ caller, request }, parts) => {
    const format = formatOf(request, OTLP);
    const report = await ingest(parts, { caller, request, format });
    if (format === 'otlp-json') return { status: 200, body: otlpJson(report) };
    return { content: otlpProtobuf(report), mediaType: 'application/x-protobuf' };
  },
});

function formatOf(request: IncomingMessage, formats: Formats): IngestFormat {
  const type = mediaTypeOf(request);
  const format = type === undefined || !Object.hasOwn(formats, type) ? undefined : formats[type];
  if (format !== undefined) return format;
  const given = type === undefined ? 'without a Content-Type' : `of type ${type.slice(0, 100)}`;
  const taken = Object.keys(formats).join(' or ');
  throw apiErrors.body_type_unsupported(`The body is ${given}; this takes ${taken}.`, {
    remedy: 'Send one of the types that the message names.',
  });
}

async function ingest(
  { audit: { writer }, fleet }: Pick<ApiParts, 'audit' | 'fleet'>,
  sent: { caller: Caller; request: IncomingMessage; format: IngestFormat },
) {
  const { caller, request, format } = sent;
  const body = await readBytes(request, { maxBytes: MAX_INGEST_BYTES });
  const source: IngestSource = {
    actor: callerEventActor(caller, addressOf(request)),
    payloads: { agents: ownPolicies(fleet), others: DEFAULT_PAYLOAD_POLICY },
  };
  return writer.ingest(caller.actor.workspaceId, body, { format, source });
}

/** What is kept of bodies, of the agents that say so: the others share the default. */
function ownPolicies(fleet: ApiParts['fleet']): Record<string, PayloadPolicy> {
  const policies: Record<string, PayloadPolicy> = {};
  for (const name of fleet.agentNames()) {
    const policy = fleet.route(name)?.payloads;
    if (policy !== undefined && policy !== DEFAULT_PAYLOAD_POLICY) policies[name] = policy;
  }
  return policies;
}

export const ingestEndpoints = [events, traces];
