/**
 * Path prefixes against targets that servers read in different ways. A target is taken in each way
 * that is known (as written; dots resolved; decoded, with backslashes, doubled slashes and path
 * parameters gone), and a prefix fits only if it fits all of them.
 */

/** Decoding goes on until nothing changes: servers behind servers do that too. */
const MAX_DECODINGS = 4;
const MAX_PATH = 16_384;

export type PathReadings =
  | { readonly ok: true; readonly readings: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** @param target as in the request line: the path, with or without query */
export function readPath(target: string): PathReadings {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  if (target[end] === '#') return { ok: false, reason: 'has a fragment' };
  if (!path.startsWith('/')) return { ok: false, reason: 'does not begin with "/"' };
  if (path.length > MAX_PATH) return { ok: false, reason: 'is too long' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u0020\u007f]/.test(path))
    return { ok: false, reason: 'has control characters or spaces' };
  if (isPlain(path)) return { ok: true, readings: [path] };
  // `%u002e` is a dot to some servers.
  if (/%(?![0-9a-f]{2})/i.test(path)) return { ok: false, reason: 'has malformed encodings' };
  const decoded = decodeFully(path);
  if (decoded === undefined) return { ok: false, reason: 'has encodings inside of encodings' };
  // NUL ends a path early, and bytes that begin no UTF-8 character (C0, C1) hide a dot or slash.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\u00c0\u00c1]/.test(decoded))
    return { ok: false, reason: 'has encoded control characters' };
  const readings = [path, resolveDots(path), resolveDots(withoutParameters(path))];
  for (const text of [decoded, withoutParameters(decoded)]) {
    const slashes = text.replaceAll('\\', '/');
    readings.push(resolveDots(text), resolveDots(slashes), resolveDots(merged(slashes)));
  }
  return { ok: true, readings: [...new Set(readings)] };
}

/** Nothing in it that anybody reads in a second way: nearly all requests. */
function isPlain(path: string): boolean {
  return /^[\w/.~!$&'()*+,=:@-]*$/.test(path) && !/\/\.|\/\//.test(path);
}

const merged = (path: string) => path.replace(/\/{2,}/g, '/');
/** `/a;x=1/..;/b` is `/a/../b` to servers of Java. */
const withoutParameters = (path: string) => path.replace(/;[^/\\]*/g, '');

function decodeFully(path: string): string | undefined {
  let text = path;
  for (let round = 0; round < MAX_DECODINGS; round++) {
    // Byte by byte: what is no UTF-8 is no reason to miss a dot in it.
    const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === text) return text;
    text = next;
  }
  return undefined;
}

/** As RFC 3986, 5.2.4, does; `..` never leads above the root. */
function resolveDots(path: string): string {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..') out.pop();
    else if (segment !== '.') out.push(segment);
    if (isLast && (segment === '.' || segment === '..')) out.push('');
  }
  return `/${out.join('/')}`;
}

/**
 * all: in every reading; some: in one and not in another, so nobody can say what the server will
 * take it for.
 */
export function matchPrefix(
  prefix: string,
  { readings }: { readonly readings: readonly string[] },
): 'all' | 'some' | 'none' {
  const decoded = decodeFully(prefix) ?? prefix;
  const fitting = readings.filter((path) => isBelow(path, prefix) || isBelow(path, decoded));
  if (fitting.length === readings.length) return 'all';
  return fitting.length > 0 ? 'some' : 'none';
}

/** By whole segments; a prefix that ends with a slash is everything below it. */
function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}
