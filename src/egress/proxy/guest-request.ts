import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EgressCaller } from '../../contracts/egress.ts';
import type { GuestLeg, TargetFault } from './request-target.ts';

/** A connection that a machine opened, until it ends. */
export interface GuestConnection {
  readonly caller: EgressCaller;
  readonly stream: Duplex;
  /** performance.now() of the last byte or end of a request. */
  lastActiveMs: number;
  /** Requests, handshakes and pipes under way. */
  busy: number;
}

export interface GuestRequest {
  readonly request: IncomingMessage;
  readonly connection: GuestConnection;
  readonly leg: GuestLeg;
}

export interface GuestCall extends GuestRequest {
  readonly response: ServerResponse;
  /** Waits with its body until it is told to go on. */
  readonly expectsContinue: boolean;
}

export function touch(connection: GuestConnection): void {
  connection.lastActiveMs = performance.now();
}

/** Every Host header there is: Node keeps only the first. */
export function hostsOf(request: IncomingMessage): string[] {
  const { rawHeaders } = request;
  const hosts: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if ((rawHeaders[i] as string).length === 4 && rawHeaders[i]?.toLowerCase() === 'host')
      hosts.push(rawHeaders[i + 1] as string);
  return hosts;
}

export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  if (length !== undefined) return length !== '0';
  return headers['transfer-encoding'] !== undefined;
}

/** What a parser may let pass and two parsers could read in two ways. */
export function framingFault(
  request: IncomingMessage,
  maxHeaders: number,
): TargetFault | undefined {
  const bad = (message: string): TargetFault => ({ code: 'egress_bad_request', message });
  const { headers, rawHeaders } = request;
  if (rawHeaders.length / 2 > maxHeaders) return bad('The request has too many headers.');
  // The parser takes HTTP/0.9 and HTTP/2.0 in words, too.
  if (request.httpVersion !== '1.1' && request.httpVersion !== '1.0')
    return bad('Only HTTP/1.1 and HTTP/1.0 are spoken here.');
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    return bad('Transfer-Encoding must be "chunked" alone.');
  let lengths = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (name === 'content-length') lengths++;
    if (name.includes('_') && /^(content_length|transfer_encoding|host)$/.test(name))
      return bad('A header is spelled like one that frames the request.');
  }
  if (lengths > 1 || (lengths === 1 && encoding !== undefined))
    return bad('The length of the body is said in more than one way.');
  if (request.httpVersion === '1.0' && encoding !== undefined)
    return bad('HTTP/1.0 has no Transfer-Encoding.');
  return undefined;
}
