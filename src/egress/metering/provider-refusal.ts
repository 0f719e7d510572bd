import type { MeteredRequest, SpendRefusal } from '../../contracts/egress.ts';
import type { RefusalAnswer } from './metering-types.ts';

/** What OpenAI's own 429 answers call such things. */
const OPENAI_TYPES: Readonly<Record<SpendRefusal['code'], string>> = {
  budget_exhausted: 'insufficient_quota',
  rate_limited: 'rate_limit_exceeded',
  agent_paused: 'agent_paused',
};

/**
 * A refusal in the form in which the call's provider says 429, so that its SDK shows the message.
 * `x-should-retry: false` keeps the SDKs of OpenAI and Anthropic from trying again by themselves.
 * @param request undefined for a plain call
 */
export function providerRefusal(
  request: MeteredRequest | undefined,
  refusal: SpendRefusal,
): RefusalAnswer {
  const body = Buffer.from(JSON.stringify(refusalBody(request, refusal)));
  return {
    status: 429,
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'x-should-retry': 'false',
      ...(refusal.retryAfterSeconds !== undefined && {
        'retry-after': String(Math.max(0, Math.ceil(refusal.retryAfterSeconds))),
      }),
    },
    body,
  };
}

function refusalBody(request: MeteredRequest | undefined, refusal: SpendRefusal): unknown {
  const { code, message, details } = refusal;
  if (request?.operation === 'messages' || request?.provider === 'anthropic')
    return { type: 'error', error: { type: 'rate_limit_error', message, code, details } };
  if (request?.operation === 'mcp')
    return { jsonrpc: '2.0', id: null, error: { code: -32000, message, data: { code, details } } };
  if (request === undefined) return { error: { code, message, details } };
  return { error: { message, type: OPENAI_TYPES[code], code, param: null, details } };
}
