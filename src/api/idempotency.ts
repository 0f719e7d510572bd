/**
 * Idempotency-Key: a repeat of a request gets the first answer, and is not carried out again. Keys
 * belong to a principal and are kept for 24 hours. What swarmd was cut off from by a crash is
 * answered with idempotency_outcome_unknown: nobody knows whether it was done.
 */
import { createHash } from 'node:crypto';
import { SwarmError } from '../base/errors.ts';
import type { Actor } from '../contracts/actor.ts';
import type { ApiParts } from './api-parts.ts';
import type { Endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';

export const KEPT_MS = 24 * 3_600_000;

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** Kept instead of an answer that holds a secret, or that nobody knows. */
export const OUTCOME_UNKNOWN = { status: 409, response: '' };

/**
 * Carries the request out under its key. What fails with an error of ours changed nothing, so the
 * key is free again; after anything else the outcome is unknown.
 */
export async function once(
  parts: Pick<ApiParts, 'idempotency' | 'clock'>,
  request: { endpoint: Endpoint; actor: Actor; key: string; url: string; bodyText: string },
  work: () => Promise<Answer>,
): Promise<Answer & { replayed: boolean }> {
  if (!/^[\x21-\x7e]{1,255}$/.test(request.key))
    throw apiErrors.idempotency_key_invalid(
      'The Idempotency-Key is empty, too long, or not ASCII.',
    );
  const { workspaceId, principalId } = request.actor;
  const key = { workspaceId, principalId, key: request.key };
  const requestHash = createHash('sha256')
    .update(`${request.endpoint.method} ${request.url}\n${request.bodyText}`)
    .digest('hex');
  const nowMs = parts.clock.nowMs();
  const claim = await parts.idempotency.claim(key, {
    requestHash,
    nowMs,
    expiresAtMs: nowMs + KEPT_MS,
  });
  if (claim.type === 'other_request')
    throw apiErrors.idempotency_key_reused(
      'This Idempotency-Key was used for a request with another path or body.',
    );
  if (claim.type === 'under_way')
    throw apiErrors.idempotency_in_progress('The first request with this key is being worked on.');
  if (claim.type === 'answered') {
    if (claim.status === OUTCOME_UNKNOWN.status)
      throw apiErrors.idempotency_outcome_unknown(
        'The first request with this key was begun; its answer was not kept.',
      );
    return { status: claim.status, body: JSON.parse(claim.response), replayed: true };
  }
  try {
    const answer = await work();
    const kept = request.endpoint.idempotency === 'replay';
    const { status, body = null } = answer;
    await parts.idempotency.finish(
      key,
      kept ? { status, response: JSON.stringify(body) } : OUTCOME_UNKNOWN,
    );
    return { ...answer, replayed: false };
  } catch (error) {
    if (error instanceof SwarmError && nothingWasDone(error)) await parts.idempotency.release(key);
    else await parts.idempotency.finish(key, OUTCOME_UNKNOWN);
    throw error;
  }
}

/** Without an intent in the log nothing is begun. */
function nothingWasDone({ status, code }: SwarmError): boolean {
  return status < 500 || code === 'audit_unavailable' || code === 'audit_log_damaged';
}
