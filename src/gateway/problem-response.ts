import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { SwarmError } from '../base/errors.ts';
import type { Problem } from '../contracts/resources.ts';

/** Callers of a busy or absent agent are told to come back after this. */
const RETRY_AFTER_SECONDS = '1';

function problemBody(error: SwarmError, requestId: string): string {
  const body: Problem = {
    type: `urn:swarm:error:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status: error.status,
    detail: error.message,
    code: error.code,
    remedy: error.remedy,
    ...(Object.keys(error.details).length > 0 && { details: { ...error.details } }),
    requestId,
  };
  return JSON.stringify(body);
}

function problemHeaders(error: SwarmError, body: string): [string, string][] {
  const headers: [string, string][] = [
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(Buffer.byteLength(body))],
    ['Cache-Control', 'no-store'],
  ];
  if (error.status === 503) headers.push(['Retry-After', RETRY_AFTER_SECONDS]);
  return headers;
}

/** What every answer says of its call. */
export interface ToldCall {
  readonly requestId: string;
  readonly audit: { readonly trace: { readonly run: string } };
}

/** Answers with the problem. It has no Swarm-Replica header: no replica has answered. */
export function sendProblem(response: ServerResponse, error: SwarmError, call: ToldCall): void {
  const { requestId, audit } = call;
  const body = problemBody(error, requestId);
  response.writeHead(error.status, [
    ...problemHeaders(error, body).flat(),
    'X-Request-Id',
    requestId,
    'Swarm-Run',
    audit.trace.run,
  ]);
  response.end(body);
}

/** The same answer as bytes, for a connection that node:http has let go of; it ends with it. */
export function problemHead(error: SwarmError, { requestId, audit }: ToldCall): string {
  const body = problemBody(error, requestId);
  const lines = problemHeaders(error, body).map(([name, value]) => `${name}: ${value}`);
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    ...lines,
    `X-Request-Id: ${requestId}`,
    `Swarm-Run: ${audit.trace.run}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
