/** The HTTP side towards the machines: one strict server without a port, fed with their streams. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { egressEvents } from '../events.ts';
import { answerOf, endWithAnswer } from './answer-guest.ts';
import { CallTrail } from './call-trail.ts';
import { ForwardedCall } from './forward-call.ts';
import { ForwardedUpgrade } from './forward-upgrade.ts';
import { type GuestConnection, hostsOf, touch } from './guest-request.ts';
import { faultError, sayFault } from './prepare-call.ts';
import type { ProxyContext } from './proxy-context.ts';
import { type GuestLeg, parseAuthority, type TargetFault } from './request-target.ts';

export interface Tunnel {
  readonly connection: GuestConnection;
  readonly stream: Duplex;
  readonly host: string;
  readonly port: number;
}

interface Leg {
  /** An answer says why, and nothing more is read. */
  refused?: true;
  readonly leg: GuestLeg;
  readonly connection: GuestConnection;
}

export class HttpFront {
  readonly #context: ProxyContext;
  readonly #openTunnel: (tunnel: Tunnel) => void;
  readonly #legs = new WeakMap<Duplex, Leg>();
  readonly #server: Server;

  constructor(context: ProxyContext, openTunnel: (tunnel: Tunnel) => void) {
    this.#context = context;
    this.#openTunnel = openTunnel;
    this.#server = createServer({
      insecureHTTPParser: false,
      maxHeaderSize: context.limits.maxHeaderBytes,
      requireHostHeader: false,
      joinDuplicateHeaders: false,
      // The proxy has limits of its own, which hold for streams that are no sockets, too.
      ...{ headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 },
      shouldUpgradeCallback: ({ headers }) => /^websocket$/i.test(headers.upgrade ?? ''),
    });
    // With a limit Node would leave out the headers above it in silence.
    this.#server.maxHeadersCount = 0;
    this.#server.on('request', (request, response) => this.#called(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#called(request, response, true));
    this.#server.on('checkExpectation', (_request, response: ServerResponse) => {
      response.writeHead(417, { 'Content-Length': 0 }).end();
    });
    this.#server.on('connect', (request, stream, head) => this.#connect(request, stream, head));
    this.#server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    this.#server.on('clientError', (error, stream) => this.#malformed(error, stream));
  }

  /** Speaks HTTP over a stream until it ends. */
  take(stream: Duplex, leg: Leg): void {
    this.#legs.set(stream, leg);
    this.#server.emit('connection', stream);
  }

  #called(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const leg = this.#legs.get(request.socket);
    if (leg === undefined) {
      request.socket.destroy();
      return;
    }
    touch(leg.connection);
    void new ForwardedCall(this.#context, { request, response, ...leg, expectsContinue }).start();
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const leg = this.#legs.get(stream);
    if (leg === undefined) {
      stream.destroy();
      return;
    }
    touch(leg.connection);
    void new ForwardedUpgrade(this.#context, { request, stream, head, ...leg }).start();
  }

  #connect(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => undefined);
    const leg = this.#legs.get(stream);
    if (leg === undefined) {
      stream.destroy();
      return;
    }
    const target = connectTarget(leg.leg, request);
    if ('code' in target) {
      this.#refuse({ stream, connection: leg.connection, fault: target, request });
      return;
    }
    stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) stream.unshift(head);
    this.#openTunnel({ connection: leg.connection, stream, ...target });
  }

  /** What is no HTTP, or too much of it. */
  #malformed(error: Error & { readonly code?: string }, stream: Duplex): void {
    const leg = this.#legs.get(stream);
    if (leg?.refused) return;
    if (leg === undefined || error.code === 'ECONNRESET' || leg.connection.busy > 0) {
      stream.destroy();
      return;
    }
    const message =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? 'The headers are too large.'
        : `This is not HTTP/1.1 (${error.code ?? 'malformed'}).`;
    const fault: TargetFault = { code: 'egress_bad_request', message };
    leg.refused = true;
    this.#refuse({ stream, connection: leg.connection, fault, request: undefined });
  }

  #refuse(by: {
    readonly stream: Duplex;
    readonly connection: GuestConnection;
    readonly fault: TargetFault;
    readonly request: IncomingMessage | undefined;
  }): void {
    const { stream, connection, fault, request } = by;
    const kind = egressEvents['egress.call'];
    const trail = new CallTrail(this.#context, { caller: connection.caller, kind, request });
    if (request?.method !== undefined) trail.say({ method: request.method });
    sayFault(trail, fault);
    const error = faultError(fault);
    trail.statusCode = error.status;
    trail.end({ status: 'refused', error });
    endWithAnswer(stream, answerOf(error));
  }
}

function connectTarget(leg: GuestLeg, request: IncomingMessage) {
  if (leg.via !== 'proxy')
    return { code: 'egress_bad_request', message: 'There is no tunnel in a tunnel.' } as const;
  const hosts = hostsOf(request);
  if (hosts.length > 1)
    return { code: 'egress_bad_request', message: 'A request has one Host header.' } as const;
  const target = parseAuthority(request.url ?? '', undefined);
  const [given] = hosts;
  if ('code' in target || given === undefined) return target;
  // Some say the name alone, whatever the port.
  const named = parseAuthority(given, target.port);
  if ('code' in named) return named;
  if (named.host === target.host && named.port === target.port) return target;
  const message = 'The names in the request do not agree: Host is another than the tunnel.';
  return { code: 'egress_host_mismatch', message, ...target } as const;
}
