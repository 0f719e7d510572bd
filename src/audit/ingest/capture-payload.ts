import { hash } from 'node:crypto';
import {
  type CapturedBody,
  type CapturedPayload,
  DEFAULT_PAYLOAD_POLICY,
  type PayloadPolicy,
} from '../../contracts/trail.ts';
import type { IngestSource } from '../ports.ts';

export interface SentBody {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** Text as text, anything else as JSON. */
export function sentBody(value: unknown): SentBody | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string'
    ? { bytes: Buffer.from(value), contentType: 'text/plain; charset=utf-8' }
    : { bytes: Buffer.from(JSON.stringify(value)), contentType: 'application/json' };
}

export function payloadPolicyOf(source: IngestSource, agent: string | undefined): PayloadPolicy {
  const own = agent === undefined ? undefined : source.payloads?.agents;
  if (own !== undefined && agent !== undefined && Object.hasOwn(own, agent))
    return own[agent] ?? DEFAULT_PAYLOAD_POLICY;
  return source.payloads?.others ?? DEFAULT_PAYLOAD_POLICY;
}

/** The bodies as far as the policy keeps them; redaction and commitment are the writer's. */
export function capturePayload(
  policy: PayloadPolicy,
  bodies: { readonly request: SentBody | undefined; readonly response: SentBody | undefined },
): CapturedPayload {
  return {
    policy,
    ...(bodies.request && { request: captureBody(policy, bodies.request) }),
    ...(bodies.response && { response: captureBody(policy, bodies.response) }),
  };
}

function captureBody(policy: PayloadPolicy, body: SentBody): CapturedBody {
  const kept = policy.policy === 'full' || policy.policy === 'redacted' ? policy.maxBytes : 0;
  return {
    head: body.bytes.subarray(0, kept),
    totalBytes: body.bytes.length,
    contentType: body.contentType,
    ...(policy.policy === 'hash' && { sha256: hash('sha256', body.bytes, 'hex') }),
  };
}
