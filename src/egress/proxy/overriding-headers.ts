/** Headers by which some servers take a request for another one than its first line says. */
import type { IncomingHttpHeaders } from 'node:http';
import type { EgressRequest } from '../policy/decide.ts';

const METHOD = ['x-http-method-override', 'x-http-method', 'x-method-override'];
const PATH = ['x-original-url', 'x-rewrite-url'];

/** What a request may be taken for beside itself: a rule has to allow each of them. */
export function overriddenRequests(
  asked: EgressRequest,
  headers: IncomingHttpHeaders,
): readonly EgressRequest[] {
  const given = (names: readonly string[]) =>
    names.flatMap((name) => (headers[name] === undefined ? [] : String(headers[name]).trim()));
  return [
    ...given(METHOD).map((method) => ({ ...asked, method: method.toUpperCase() })),
    ...given(PATH).map((path) => ({ ...asked, path })),
  ];
}
