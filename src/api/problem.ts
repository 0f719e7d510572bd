/** What a caller is told of an error: RFC 9457, and of an unexpected one nothing but a number. */
import { SwarmError } from '../base/errors.ts';
import type { Problem } from '../contracts/resources.ts';
import { apiErrors } from './errors.ts';

export function problemOf(error: unknown, requestId: string): Problem {
  const known =
    error instanceof SwarmError
      ? error
      : apiErrors.internal_error(`Something unexpected went wrong (request ${requestId}).`);
  return {
    type: `urn:swarm:error:${known.code}`,
    title: known.code.replaceAll('_', ' '),
    status: known.status,
    detail: known.message,
    code: known.code,
    remedy: known.remedy,
    ...(Object.keys(known.details).length > 0 && { details: known.details }),
    requestId,
  };
}

/** Headers that the error itself asks for. */
export function problemHeaders(error: Problem): Record<string, string> {
  return {
    'content-type': 'application/problem+json',
    ...(/^(token|session|sign_in)_/.test(error.code) &&
      error.status === 401 && { 'www-authenticate': 'Bearer realm="swarm"' }),
    ...(error.status === 503 && { 'retry-after': '1' }),
  };
}
