import type { SwarmError } from '../base/errors.ts';
import { gatewayErrors } from './errors.ts';

/** undici's own message for an answer that no request asked for. */
export const BAD_RESPONSE = 'bad response';

/** Interim answers (1xx) that an agent may send before the answer to one call: a flood costs time. */
export const MAX_INTERIM_ANSWERS = 100;

/** What went wrong with a call that was sent, in the caller's words. The guest's text is not quoted. */
export function upstreamError(
  error: Error,
  call: { readonly agentName: string; readonly replica: number },
): SwarmError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const where = `Replica ${call.replica} of "${call.agentName}"`;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
    return gatewayErrors.invalid_call(`The request cannot be passed on: ${error.message}.`);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return gatewayErrors.agent_timeout(`${where} did not answer in time.`, { cause: error });
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return gatewayErrors.agent_bad_response(`${where} answered with too large headers.`);
  if (isMalformed(error, code))
    return gatewayErrors.agent_bad_response(`${where} answered with something that is not HTTP.`, {
      cause: error,
    });
  return gatewayErrors.agent_closed_connection(
    `${where} closed the connection before it had answered.`,
    { cause: error },
  );
}

function isMalformed(error: Error, code: string): boolean {
  return (
    code.startsWith('HPE_') ||
    code.startsWith('ERR_HTTP') ||
    code === 'ERR_INVALID_CHAR' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    error.name === 'HTTPParserError' ||
    error.message === BAD_RESPONSE ||
    error.message === 'bad upgrade'
  );
}
