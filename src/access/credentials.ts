/** What a request shows of who asks: a token, or a session's cookie with its header token. */
import type { IncomingMessage } from 'node:http';
import { TOKEN_HEADER } from '../contracts/requests.ts';
import { SESSION_COOKIE, SESSION_HEADER, SESSION_SUBPROTOCOL } from '../contracts/session-names.ts';
import { accessErrors } from './errors.ts';

export type Credential =
  | { readonly type: 'token'; readonly text: string }
  | {
      readonly type: 'session';
      readonly cookies: readonly string[];
      readonly headerToken: string;
    };

/** A page that is not ours may have set some beside ours. */
const MAX_COOKIES = 4;
const PROTOCOLS = 'sec-websocket-protocol';

/**
 * The credential, which may not hold. Swarm-Token and the session's header come before
 * `Authorization`, so that it can be the agent's own.
 * @throws token_missing, token_malformed, session_ended, origin_not_allowed
 */
export function credentialOf(request: IncomingMessage): Credential {
  const own = request.headers[TOKEN_HEADER];
  if (typeof own === 'string' && own !== '') return { type: 'token', text: own.trim() };
  const cookies = sessionCookies(request);
  const headerToken = headerTokenIn(request);
  if (headerToken !== undefined) {
    checkOrigin(request);
    if (cookies.length === 0)
      throw accessErrors.session_ended('The request carries no cookie of a session.');
    return { type: 'session', cookies, headerToken };
  }
  const { authorization } = request.headers;
  const match = /^Bearer +(\S+) *$/i.exec(authorization ?? '');
  if (match?.[1] !== undefined) return { type: 'token', text: match[1] };
  if (authorization !== undefined)
    throw accessErrors.token_malformed('The Authorization header is not "Bearer TOKEN".');
  throw accessErrors.token_missing(
    cookies.length === 0
      ? 'The request carries no token.'
      : `The request carries no token, and the cookie of a session counts only together with the header ${SESSION_HEADER}.`,
  );
}

/**
 * Takes what `credentialOf` used off a request before it goes on to an agent, and any session. Of a
 * session's request all cookies: a browser adds those of all that listens on the same host name.
 */
export function stripCredential(request: IncomingMessage): void {
  const own = request.headers[TOKEN_HEADER];
  const byToken = typeof own === 'string' && own !== '';
  const bySession = !byToken && headerTokenIn(request) !== undefined;
  if (!byToken && !bySession) setHeader(request, 'authorization', () => undefined);
  setHeader(request, TOKEN_HEADER, () => undefined);
  setHeader(request, SESSION_HEADER, () => undefined);
  setHeader(request, 'cookie', (value) =>
    bySession
      ? undefined
      : without(value, { separator: ';', is: (one) => nameOf(one) === SESSION_COOKIE }),
  );
  setHeader(request, PROTOCOLS, (value) =>
    without(value, { separator: ',', is: (one) => one.startsWith(SESSION_SUBPROTOCOL) }),
  );
}

function headerTokenIn(request: IncomingMessage): string | undefined {
  const header = request.headers[SESSION_HEADER];
  if (typeof header === 'string' && header !== '') return header;
  if (request.headers.upgrade === undefined) return undefined;
  return (request.headers[PROTOCOLS] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(SESSION_SUBPROTOCOL))
    ?.slice(SESSION_SUBPROTOCOL.length);
}

/**
 * A browser names the origin of the page that asks with every WebSocket, and with what changes
 * something.
 * @throws origin_not_allowed
 */
function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host = '' } = headers;
  if (origin === undefined && headers.upgrade === undefined) return;
  const shown = origin ?? 'none';
  const page = URL.canParse(shown) ? new URL(shown) : undefined;
  const ours = page && `${page.protocol}//${host}`;
  if (ours !== undefined && URL.canParse(ours) && new URL(ours).host === page?.host) return;
  throw accessErrors.origin_not_allowed(
    `The page that asks is of another origin: ${JSON.stringify(shown.slice(0, 100))}.`,
  );
}

function sessionCookies(request: IncomingMessage): string[] {
  return (request.headers.cookie ?? '')
    .split(';')
    .filter((one) => nameOf(one) === SESSION_COOKIE)
    .slice(0, MAX_COOKIES)
    .map((one) => one.slice(one.indexOf('=') + 1).trim());
}

function nameOf(cookie: string): string {
  return (cookie.split('=', 1)[0] ?? '').trim();
}

function without(
  value: string,
  { separator, is }: { separator: string; is: (one: string) => boolean },
): string | undefined {
  const parts = value.split(separator).map((one) => one.trim());
  const kept = parts.filter((one) => !is(one));
  if (kept.length === parts.length) return value;
  return kept.length === 0 ? undefined : kept.join(`${separator} `);
}

/** In both forms in which node:http has it. */
function setHeader(
  request: IncomingMessage,
  name: string,
  change: (value: string) => string | undefined,
): void {
  const { headers, rawHeaders } = request;
  const joined = headers[name];
  if (joined === undefined) return;
  const changed = change(String(joined));
  if (changed === undefined) delete headers[name];
  else headers[name] = changed;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (rawHeaders[i]?.toLowerCase() !== name) continue;
    const value = change(rawHeaders[i + 1] ?? '');
    if (value === undefined) rawHeaders.splice(i, 2);
    else rawHeaders[i + 1] = value;
  }
}
