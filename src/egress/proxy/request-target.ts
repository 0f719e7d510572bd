/** Where a request wants to go, from all the places that say so: they must agree to the letter. */

/** What is known of a connection before a request comes over it. */
export interface GuestLeg {
  /** proxy: the explicit proxy itself; tunnel: CONNECT; captured: to an address taken up inside. */
  readonly via: 'proxy' | 'tunnel' | 'captured';
  /** Over TLS, terminated here? */
  readonly scheme: 'http' | 'https';
  /** Of a tunnel or captured connection: where it was opened to; no host: to a bare address. */
  readonly host: string | undefined;
  readonly port: number;
  /** The name in the ClientHello, in lower case. */
  readonly serverName: string | undefined;
}

export interface RequestTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
}

export interface TargetFault {
  readonly code: 'egress_bad_request' | 'egress_host_mismatch' | 'egress_address_refused';
  readonly message: string;
  readonly host?: string;
  readonly port?: number;
}

const HOST =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const PORT = /^[1-9]\d{0,4}$/;
/** Visible ASCII but `#` and `\\`, which some take for `/`. */
const PATH = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/;

const bad = (message: string): TargetFault => ({ code: 'egress_bad_request', message });

/** A name that DNS may have; in lower case already. */
export function isHostName(host: string): boolean {
  return HOST.test(host) && !isAddress(host);
}

/** IPv4 in any form that some program takes for one (127.1, 0x7f000001, 2130706433), or IPv6. */
function isAddress(host: string): boolean {
  const last = host.split('.').at(-1) ?? '';
  return host.startsWith('[') || host.includes(':') || /^(\d+|0x[0-9a-f]*)$/i.test(last);
}

/** `host` or `host:port`. @returns what is wrong, in words, or the two */
export function parseAuthority(
  text: string,
  defaultPort: number | undefined,
): { readonly host: string; readonly port: number } | TargetFault {
  if (text.includes('@')) return bad('Names of users do not belong in an address.');
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':', bracket + 1);
  const host = (colon === -1 ? text : text.slice(0, colon)).toLowerCase();
  const portText = colon === -1 ? undefined : text.slice(colon + 1);
  if (portText !== undefined && (!PORT.test(portText) || Number(portText) > 65_535))
    return bad('The port is not a number from 1 to 65535.');
  const port = portText === undefined ? defaultPort : Number(portText);
  if (port === undefined) return bad('The port is missing.');
  if (isAddress(host))
    return {
      code: 'egress_address_refused',
      message: 'Addresses are refused; only names may be called.',
      ...{ host: host.slice(0, 253), port },
    };
  if (!HOST.test(host))
    return bad(
      'The host is not a name in ASCII without a dot at its end, such as api.example.com.',
    );
  return { host, port };
}

export function requestTarget(
  leg: GuestLeg,
  request: { readonly url: string; readonly hosts: readonly string[] },
): RequestTarget | TargetFault {
  const [hostHeader, second] = request.hosts;
  if (hostHeader === undefined || second !== undefined)
    return bad('A request has exactly one Host header.');
  if (leg.via === 'proxy') return explicitTarget(request.url, hostHeader);
  if (!request.url.startsWith('/') && request.url !== '*')
    return absoluteInTunnel(leg, request.url, hostHeader);
  return tunnelTarget(leg, request.url, hostHeader);
}

/** Base-URL variables lead here: `/-/https/HOST[:PORT]/path`. */
const BASE_URL = /^\/-\/(https?)\/([^/?]+)(.*)$/s;
const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/is;

function explicitTarget(url: string, hostHeader: string): RequestTarget | TargetFault {
  const base = BASE_URL.exec(url);
  if (base !== null) {
    const [, scheme = '', authority = '', path = ''] = base;
    return targetOf({ scheme: scheme === 'https' ? 'https' : 'http', authority, path });
  }
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null)
    return bad('This is a proxy: it takes absolute URLs, CONNECT, or /-/https/HOST/path.');
  const [, given = '', authority = '', path = ''] = absolute;
  const scheme = given.toLowerCase() === 'https' ? 'https' : 'http';
  const target = targetOf({ scheme, authority, path });
  return 'code' in target ? target : agreed(target, hostHeader);
}

function absoluteInTunnel(leg: GuestLeg, url: string, hostHeader: string) {
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) return bad('The target of the request is no path and no URL.');
  const [, given = '', authority = '', path = ''] = absolute;
  if (given.toLowerCase() !== leg.scheme) return mismatch('the scheme of the URL is another one');
  const target = targetOf({ scheme: leg.scheme, authority, path });
  if ('code' in target) return target;
  const named = agreed(target, hostHeader);
  return 'code' in named ? named : inLeg(leg, named);
}

function tunnelTarget(leg: GuestLeg, url: string, hostHeader: string) {
  const target = targetOf({ scheme: leg.scheme, authority: hostHeader, path: url });
  return 'code' in target ? target : inLeg(leg, target);
}

function inLeg(leg: GuestLeg, target: RequestTarget): RequestTarget | TargetFault {
  const { host, port } = target;
  if (leg.host === undefined)
    return {
      code: 'egress_address_refused',
      message: 'Connections to bare addresses are refused; only names may be called.',
      ...{ host, port },
    };
  if (host !== leg.host) return mismatch('Host is another name than the connection', target);
  if (leg.serverName !== undefined && leg.serverName !== host)
    return mismatch('Host is another name than in TLS', target);
  if (port !== leg.port) return mismatch('Host has another port than the connection', target);
  return target;
}

function targetOf(by: {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly path: string;
}): RequestTarget | TargetFault {
  const where = parseAuthority(by.authority, by.scheme === 'https' ? 443 : 80);
  if ('code' in where) return where;
  const path = by.path === '' ? '/' : by.path.startsWith('?') ? `/${by.path}` : by.path;
  if (path === '*') return bad('Requests for a whole server are refused.');
  if (!PATH.test(path)) return bad('The URL has characters that must be percent-encoded.');
  return { scheme: by.scheme, ...where, path };
}

function agreed(target: RequestTarget, hostHeader: string): RequestTarget | TargetFault {
  const named = parseAuthority(hostHeader, target.scheme === 'https' ? 443 : 80);
  if ('code' in named) return named;
  return named.host === target.host && named.port === target.port
    ? target
    : mismatch('Host is another name than the URL', target);
}

function mismatch(
  what: string,
  target?: { readonly host: string; readonly port: number },
): TargetFault {
  return {
    code: 'egress_host_mismatch',
    message: `The names in the request do not agree: ${what}.`,
    ...(target && { host: target.host, port: target.port }),
  };
}
