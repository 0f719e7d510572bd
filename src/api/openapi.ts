/**
 * The OpenAPI document, made from the endpoints' own declarations. Only tests and the script that
 * writes docs/openapi.json load this: swarmd serves the file, and never loads the generator.
 */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { errorCatalogue } from '../base/errors.ts';
import { egressResource } from '../contracts/egress-requests.ts';
import { eventResource } from '../contracts/event.ts';
import {
  agentResource,
  deploymentResource,
  logRecordResource,
  machineResource,
  problem,
} from '../contracts/resources.ts';
import { SESSION_COOKIE, SESSION_HEADER } from '../contracts/session-names.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoints } from './endpoints.ts';

/** Any endpoint that needs a token may answer with these. */
const TOKEN_ERRORS = [
  'token_missing',
  'token_malformed',
  'token_unknown',
  'token_expired',
  'session_ended',
  'session_header_wrong',
  'origin_not_allowed',
  'not_permitted',
];
const BODY_ERRORS = [
  'request_invalid',
  'body_malformed',
  'body_too_large',
  'body_too_slow',
  'body_type_unsupported',
];
const IDEMPOTENCY_ERRORS = [
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'idempotency_in_progress',
  'idempotency_outcome_unknown',
];
const PROBLEM = '#/components/schemas/Problem';

export function openApiDocument(version: string) {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of endpoints) {
    const method = endpoint.method.toLowerCase() as 'get' | 'post' | 'delete';
    paths[endpoint.path] = { ...paths[endpoint.path], [method]: operation(endpoint) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Swarm',
      version,
      description:
        'Runs AI agents in production, each in microVMs of its own. Errors are problem+json (RFC 9457) with a stable code, a cause and a remedy.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:7700' }],
    security: [{ token: [] }, { sessionCookie: [], sessionHeader: [] }],
    paths,
    components: {
      schemas: {
        Problem: problem,
        Agent: agentResource,
        Deployment: deploymentResource,
        EgressPolicy: egressResource,
        LogRecord: logRecordResource,
        Machine: machineResource,
        Event: eventResource,
      },
      responses: sharedProblems(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'swarm_ID_SECRET' },
        sessionCookie: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
        sessionHeader: { type: 'apiKey', in: 'header', name: SESSION_HEADER },
      },
    },
  });
}

/** Codes that an endpoint may answer with, by status. */
export function errorsOf(endpoint: Endpoint): Map<number, string[]> {
  const codes = new Set([
    ...endpoint.errors,
    ...(endpoint.permission === 'none' ? [] : [...TOKEN_ERRORS, 'not_ready']),
    ...(endpoint.params === undefined && endpoint.query === undefined ? [] : ['request_invalid']),
    ...(typeof endpoint.body === 'object' ? BODY_ERRORS : []),
    ...(endpoint.idempotency === undefined ? [] : IDEMPOTENCY_ERRORS),
    ...(endpoint.audit?.record === 'action' ? ['audit_unavailable'] : []),
    'host_not_allowed',
    'internal_error',
  ]);
  const byStatus = new Map<number, string[]>();
  for (const code of [...codes].sort()) {
    const declared = errorCatalogue().get(code);
    if (declared === undefined)
      throw new Error(`${endpoint.method} ${endpoint.path}: unknown error code ${code}`);
    byStatus.set(declared.status, [...(byStatus.get(declared.status) ?? []), code]);
  }
  return byStatus;
}

function operation(endpoint: Endpoint): ZodOpenApiOperationObject {
  const header = headersOf(endpoint);
  return {
    operationId: operationId(endpoint),
    summary: endpoint.summary,
    ...(endpoint.permission === 'none'
      ? { security: [] }
      : { description: `Needs the scope \`${endpoint.permission}\`.` }),
    requestParams: {
      ...(endpoint.params && { path: endpoint.params as z.ZodObject }),
      ...(endpoint.query && { query: endpoint.query as z.ZodObject }),
      ...(header && { header }),
    },
    ...(endpoint.body !== undefined && { requestBody: requestBody(endpoint, endpoint.body) }),
    responses: { ...responses(endpoint), ...problems(endpoint) },
  };
}

const idempotencyKey = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('A repeat with the same key within 24 hours gets the first answer.'),
});

function headersOf(endpoint: Endpoint): z.ZodObject | undefined {
  const own = endpoint.headers as z.ZodObject | undefined;
  if (endpoint.idempotency === undefined) return own;
  return own === undefined ? idempotencyKey : own.extend(idempotencyKey.shape);
}

function requestBody(
  { bodyTypes = ['application/octet-stream'] }: Pick<Endpoint, 'bodyTypes'>,
  body: NonNullable<Endpoint['body']>,
) {
  if (body === 'stream') {
    const content = { schema: { type: 'string' as const } };
    return {
      required: true,
      content: Object.fromEntries(bodyTypes.map((type) => [type, content])),
    };
  }
  return {
    required: !body.safeParse(undefined).success,
    content: { 'application/json': { schema: body } },
  };
}

function responses(endpoint: Endpoint) {
  return Object.fromEntries(
    Object.entries(endpoint.responses).map(([status, { description, schema, mediaType }]) => [
      status,
      {
        description,
        ...(schema && { content: { [mediaType ?? 'application/json']: { schema } } }),
      },
    ]),
  );
}

function problems(endpoint: Endpoint) {
  return Object.fromEntries(
    [...errorsOf(endpoint)]
      // A status with an answer of its own, such as readiness with 503, keeps it.
      .filter(([status]) => endpoint.responses[status] === undefined)
      .map(([status, codes]) => [
        String(status),
        { $ref: `#/components/responses/${responseName(codes)}` },
      ]),
  );
}

/** One for each set of codes: most endpoints refuse for the same reasons. */
function sharedProblems() {
  const sets = endpoints.flatMap((endpoint) => [...errorsOf(endpoint).values()]);
  const byName = new Map(sets.map((codes) => [responseName(codes), codes] as const));
  return Object.fromEntries(
    [...byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, codes]) => [
        name,
        {
          description: codes.map((code) => `\`${code}\``).join(', '),
          content: { 'application/problem+json': { schema: { $ref: PROBLEM } } },
        },
      ]),
  );
}

const responseName = (codes: readonly string[]): string => codes.join('.');

/** `GET /v1/agents/{name}/logs` is `getAgentsNameLogs`. */
function operationId({ method, path }: Endpoint): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'v1');
  return (
    method.toLowerCase() +
    words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  );
}
