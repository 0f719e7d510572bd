import {
  EGRESS_PROXY_PORT,
  GUEST_AUTHORITY_BUNDLE_PATH,
  GUEST_AUTHORITY_PATH,
  GUEST_NETWORK,
} from '../contracts/guest.ts';

/**
 * What leads the programs of a machine to its way out, and makes them trust it. Programs that look
 * at none of it get out as well: their connections are captured.
 * @param options.hostname of the machine, reached without the proxy
 */
export function egressEnvironment(options: { hostname?: string } = {}): Record<string, string> {
  const proxy = `http://127.0.0.1:${EGRESS_PROXY_PORT}`;
  const own = ['localhost', '127.0.0.1', '127.0.0.0/8', '::1', GUEST_NETWORK.address];
  const direct = [...own, ...(options.hostname === undefined ? [] : [options.hostname])].join(',');
  return {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    // No http_proxy: BusyBox's wget, which health checks of many images use, knows no exceptions and
    // would ask the proxy for the machine's own port. Plain HTTP to the outside is captured.
    https_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
    // Node's fetch and http look at the variables above only with this one.
    NODE_USE_ENV_PROXY: '1',
    // Added to what the program brings along.
    NODE_EXTRA_CA_CERTS: GUEST_AUTHORITY_PATH,
    DENO_CERT: GUEST_AUTHORITY_PATH,
    // Instead of what the program brings along, so with the image's own authorities.
    SSL_CERT_FILE: GUEST_AUTHORITY_BUNDLE_PATH,
    REQUESTS_CA_BUNDLE: GUEST_AUTHORITY_BUNDLE_PATH,
    CURL_CA_BUNDLE: GUEST_AUTHORITY_BUNDLE_PATH,
    GIT_SSL_CAINFO: GUEST_AUTHORITY_BUNDLE_PATH,
    PIP_CERT: GUEST_AUTHORITY_BUNDLE_PATH,
    AWS_CA_BUNDLE: GUEST_AUTHORITY_BUNDLE_PATH,
    CARGO_HTTP_CAINFO: GUEST_AUTHORITY_BUNDLE_PATH,
  };
}
