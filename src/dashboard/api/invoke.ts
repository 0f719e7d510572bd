import { SESSION_HEADER } from '../../contracts/session-names.ts';
import { headerToken } from '../session/session.ts';

export interface InvokeRequest {
  readonly agent: string;
  readonly method: string;
  /** With its query; begins with `/`. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly signal: AbortSignal;
}

/**
 * A call through the gateway, as anybody may make it. Whatever the agent answers is an answer: a 401
 * of an agent ends no session here.
 * @throws when there is no answer at all
 */
export function invoke(call: InvokeRequest): Promise<Response> {
  const token = headerToken();
  const headers = new Headers();
  for (const [name, value] of call.headers) headers.append(name, value);
  if (token !== undefined) headers.set(SESSION_HEADER, token);
  return fetch(invokeUrl(call), {
    method: call.method,
    credentials: 'same-origin',
    redirect: 'manual',
    cache: 'no-store',
    headers,
    signal: call.signal,
    ...(call.body !== undefined && { body: call.body }),
  });
}

/** @throws when the path leads out of the agent: `/../../v1` is a path of the API */
export function invokeUrl({ agent, path }: Pick<InvokeRequest, 'agent' | 'path'>): string {
  const prefix = `/agents/${encodeURIComponent(agent)}/`;
  const url = new URL(`${prefix}${path.replace(/^\//, '')}`, 'http://localhost');
  if (!url.pathname.startsWith(prefix)) throw new Error('the path leads out of the agent');
  return url.pathname + url.search;
}
