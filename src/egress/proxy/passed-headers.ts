/** Which headers cross the way out, in both directions. Flat arrays: name, value, name, value, … */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { HOP_BY_HOP } from '../../contracts/hop-by-hop.ts';

const FROM_REQUESTS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...['host', 'expect', 'trailer', 'http2-settings', 'content-length'],
]);
/** alt-svc would lead around the proxy; the answer to HSTS and the like is the guest's own. */
const FROM_RESPONSES: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'trailer', 'alt-svc']);
/** They frame the answer or say who it is for: not after it. */
const FROM_TRAILERS: ReadonlySet<string> = new Set([
  ...FROM_RESPONSES,
  ...['content-length', 'content-encoding', 'set-cookie', 'host'],
]);
/** What the proxy itself can undo. */
const DECODABLE = ['gzip', 'deflate', 'br', 'zstd'];

export interface RequestHeaderChanges {
  /** Answers must be readable: only encodings that are undone here, and no parts of a whole. */
  readonly readable: boolean;
  /** Answers must come without any encoding. */
  readonly identity: boolean;
}

/** The guest's headers as they go out, without Host and Content-Length. */
export function requestHeaders(request: IncomingMessage, changes: RequestHeaderChanges): string[] {
  const named = namesIn(request.headers.connection);
  const { rawHeaders } = request;
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (FROM_REQUESTS.has(lower) || named?.has(lower)) continue;
    if (lower === 'accept-encoding' && (changes.readable || changes.identity)) continue;
    // Two parts of one answer could each hold half of a value.
    if (changes.readable && (lower === 'range' || lower === 'if-range')) continue;
    kept.push(name, rawHeaders[i + 1] as string);
  }
  if (changes.identity) kept.push('Accept-Encoding', 'identity');
  else if (changes.readable) kept.push('Accept-Encoding', readable(request));
  return kept;
}

function readable(request: IncomingMessage): string {
  const wanted = String(request.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .filter((one) => !/;\s*q=0(\.0*)?\s*$/.test(one))
    .map((one) => one.split(';', 1)[0]?.trim() ?? '');
  const all = wanted.includes('*');
  const kept = DECODABLE.filter((one) => all || wanted.includes(one));
  return kept.length === 0 ? 'identity' : kept.join(', ');
}

/** Whether a body comes as it is, or in chunks and nothing else: a coding of its own was not asked for. */
export function isPlainTransfer({ 'transfer-encoding': encoding }: IncomingHttpHeaders): boolean {
  return encoding === undefined || /^(?:chunked|identity)$/i.test(String(encoding).trim());
}

/** The answer's headers as the guest gets them; `scrub` takes values out of a text. */
export function responseHeaders(
  headers: IncomingHttpHeaders,
  by: {
    readonly drop: ReadonlySet<string>;
    readonly scrub: ((text: string) => string) | undefined;
  },
): string[] {
  const named = namesIn(headers.connection);
  const kept: string[] = [];
  for (const name in headers) {
    if (FROM_RESPONSES.has(name) || by.drop.has(name) || name.startsWith(':')) continue;
    if (named?.has(name) && name !== 'content-length') continue;
    push(kept, name, { value: headers[name], scrub: by.scrub });
  }
  return kept;
}

export function responseTrailers(
  trailers: IncomingHttpHeaders,
  scrub: ((text: string) => string) | undefined,
): [string, string][] {
  const flat: string[] = [];
  for (const name in trailers)
    if (!FROM_TRAILERS.has(name) && !name.startsWith(':'))
      push(flat, name, { value: trailers[name], scrub });
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2)
    pairs.push([flat[i] as string, flat[i + 1] as string]);
  return pairs;
}

function push(
  kept: string[],
  name: string,
  by: {
    readonly value: string | string[] | undefined;
    readonly scrub: ((text: string) => string) | undefined;
  },
): void {
  const { value, scrub } = by;
  if (value === undefined) return;
  // A name that holds a value has no harmless form.
  if (scrub !== undefined && scrub(name) !== name) return;
  for (const one of typeof value === 'string' ? [value] : value)
    kept.push(name, scrub === undefined ? one : scrub(one));
}

/** Header names that Connection lists; undefined when it lists none but the usual ones. */
function namesIn(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close')
    return undefined;
  const text = Array.isArray(connection) ? connection.join(',') : connection;
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}
