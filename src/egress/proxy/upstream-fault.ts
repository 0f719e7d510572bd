import type { SwarmError } from '../../base/errors.ts';
import { egressErrors } from '../errors.ts';

/** An answer that no request asked for. */
export const BAD_RESPONSE = 'bad response';
export const MAX_INTERIM_ANSWERS = 100;

/** What went wrong with a call that was let through, in words; the other side’s own are not quoted. */
export function upstreamFault(
  error: Error,
  where: { readonly host: string; readonly port: number },
): SwarmError {
  const { host, port } = where;
  const code = codeOf(error);
  const at = `${host}:${port}`;
  const details = { details: { host }, cause: error };
  if (
    code === 'UND_ERR_INVALID_ARG' ||
    code === 'UND_ERR_NOT_SUPPORTED' ||
    code.startsWith('ERR_INVALID')
  )
    return egressErrors.egress_bad_request('The request cannot be passed on as it is.', details);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return egressErrors.egress_timeout(`${at} did not take the connection in time.`, details);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return egressErrors.egress_timeout(`${at} did not answer in time.`, details);
  if (isTls(code)) return egressErrors.egress_bad_tls(`TLS with ${at} failed: ${code}.`, details);
  if (['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EADDRNOTAVAIL'].includes(code))
    return egressErrors.egress_unreachable(`${at} takes no connection (${code}).`, details);
  if (isMalformed(error, code))
    return egressErrors.egress_bad_response(
      `${at} answered with something that is not HTTP.`,
      details,
    );
  return egressErrors.egress_closed(`${at} closed the connection before it had answered.`, details);
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}

/** OpenSSL's reasons for a certificate, and Node's own. */
function isTls(code: string): boolean {
  return (
    code.startsWith('ERR_TLS') ||
    code.startsWith('ERR_SSL') ||
    code === 'EPROTO' ||
    /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/.test(code)
  );
}

function isMalformed(error: Error, code: string): boolean {
  return (
    code.startsWith('HPE_') ||
    code.startsWith('ERR_HTTP') ||
    code.startsWith('Z_') ||
    code.startsWith('ERR_BROTLI') ||
    code.startsWith('ERR__') ||
    code.startsWith('ZSTD') ||
    code === 'ERR_INVALID_CHAR' ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    error.name === 'HTTPParserError' ||
    error.message === BAD_RESPONSE ||
    error.message === 'bad upgrade'
  );
}
