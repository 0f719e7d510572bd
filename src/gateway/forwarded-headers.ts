/** Which headers cross the gateway, in both directions. Flat arrays: name, value, name, value, … */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { HOP_BY_HOP } from '../contracts/hop-by-hop.ts';
import { SESSION_COOKIE } from '../contracts/session-names.ts';
import type { TraceContext } from '../contracts/trace-context.ts';
import type { AgentTarget } from './match-agent.ts';

/** What the gateway says itself: a caller's own word for it would be believed by the agent. */
const OURS = [
  'forwarded',
  'traceparent',
  'tracestate',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
];
/** Node has answered 100-continue already; request trailers are not passed on. */
const REQUEST_ONLY = ['expect', 'trailer', 'http2-settings'];
/** They would speak for the whole origin, which the agents and the API share. */
const ORIGIN_WIDE = [
  ...['alt-svc', 'clear-site-data', 'nel', 'report-to', 'service-worker-allowed'],
  ...['secure-session-registration', 'set-login', 'strict-transport-security', 'use-as-dictionary'],
];
/**
 * The dashboard's browser would keep the one and send it to every agent, until nothing fits into a
 * request any more, and ask for a password at the other.
 */
const NOT_FOR_SESSIONS: ReadonlySet<string> = new Set(['set-cookie', 'www-authenticate']);

/**
 * The dashboard's cookie, which has the same origin: an agent may not sign anybody in or out. What
 * begins with "=" has no name, and browsers send its value as if it had one.
 */
const SESSION_COOKIE_SET = new RegExp(`^[\\s=]*${SESSION_COOKIE}\\s*(?:[=;]|$)`);
/** Of an answer that a browser shows: it has an origin of its own, not the dashboard's. */
const WITHOUT_ORIGIN = [
  ...['Content-Security-Policy', 'sandbox'],
  ...['X-Content-Type-Options', 'nosniff'],
];

const DROPPED_FROM_REQUESTS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...OURS,
  ...REQUEST_ONLY,
]);
const DROPPED_FROM_RESPONSES: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...ORIGIN_WIDE]);
/** The product's own namespace, of which the credential header is one. */
const RESERVED_PREFIX = 'swarm-';
/** A token of Swarm's, wherever in a value it stands: those of `access` begin like this. */
const CREDENTIAL = /swarm_[0-9a-z]{20}_[0-9a-z]{30}/;
const REQUEST_ID = /^[A-Za-z0-9._:/+=@-]{1,100}$/;

/** What the caller gave if it is harmless, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * The caller's headers as the machine gets them. Host stays the caller's, so that an agent makes
 * links that lead back to it.
 * The credential that the call came with has been taken off before; one that a caller has put into
 * another header by mistake is dropped here.
 */
export function requestHeaders(
  request: IncomingMessage,
  call: {
    readonly target: AgentTarget;
    readonly requestId: string;
    readonly trace: TraceContext;
  },
): string[] {
  const named = namesIn(request.headers.connection);
  const { rawHeaders } = request;
  const kept: string[] = [];
  let host: string | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'host') {
      host = value;
      continue;
    }
    if (DROPPED_FROM_REQUESTS.has(lower) || lower.startsWith(RESERVED_PREFIX)) continue;
    if (named?.has(lower) && lower !== 'content-length') continue;
    if (value.includes('swarm_') && CREDENTIAL.test(value)) continue;
    kept.push(name, value);
  }
  host ??= `${call.target.agentName}.agents.localhost`;
  kept.push('Host', host, 'X-Forwarded-Host', host);
  kept.push('X-Forwarded-For', request.socket.remoteAddress ?? 'unknown');
  kept.push('X-Forwarded-Proto', 'encrypted' in request.socket ? 'https' : 'http');
  if (call.target.prefix !== '') kept.push('X-Forwarded-Prefix', call.target.prefix);
  kept.push('X-Request-Id', call.requestId, 'Swarm-Agent', call.target.agentName);
  kept.push('Traceparent', call.trace.traceparent);
  if (call.trace.tracestate !== undefined) kept.push('Tracestate', call.trace.tracestate);
  return kept;
}

export interface AnsweredCall {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly replica: number;
  readonly run: string;
  /** The dashboard made it. */
  readonly bySession: boolean;
}

/** The agent's headers as the caller gets them. */
export function responseHeaders(headers: IncomingHttpHeaders, call: AnsweredCall): string[] {
  const named = namesIn(headers.connection);
  const kept: string[] = [];
  for (const name in headers) {
    if (DROPPED_FROM_RESPONSES.has(name) || name.startsWith(RESERVED_PREFIX)) continue;
    if (named?.has(name) && name !== 'content-length') continue;
    if (name === 'x-request-id' || (call.bySession && NOT_FOR_SESSIONS.has(name))) continue;
    const value = headers[name];
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value)
      if (name !== 'set-cookie' || !SESSION_COOKIE_SET.test(one)) kept.push(name, one);
  }
  if (isShown(call.request)) kept.push(...WITHOUT_ORIGIN);
  kept.push('X-Request-Id', call.requestId, 'Swarm-Replica', String(call.replica));
  kept.push('Swarm-Run', call.run);
  return kept;
}

/**
 * Whether a browser would make a document, script or image of the answer, rather than hand it to
 * the page that called.
 */
function isShown({ headers }: IncomingMessage): boolean {
  const destination = headers['sec-fetch-dest'];
  return destination !== undefined && destination !== 'empty';
}

/** Trailers of an answer that may follow it: none that frames or routes. */
export function responseTrailers(trailers: IncomingHttpHeaders): [string, string][] {
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(trailers)) {
    if (DROPPED_FROM_RESPONSES.has(name) || name.startsWith(RESERVED_PREFIX)) continue;
    if (name === 'content-length' || name === 'set-cookie' || name === 'host') continue;
    if (typeof value === 'string') kept.push([name, value]);
    else if (value !== undefined) for (const one of value) kept.push([name, one]);
  }
  return kept;
}

/** Header names that Connection lists; undefined when it lists none but the usual ones. */
function namesIn(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close')
    return undefined;
  const text = Array.isArray(connection) ? connection.join(',') : connection;
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}
