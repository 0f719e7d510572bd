/** The one HTTP server: calls to agents go to the gateway, everything else to the API. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Access, stripCredential } from '../access/access.ts';
import { type Api, checkHost, problemHeaders, problemOf, refuseUpgrade } from '../api/api.ts';
import { newId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { EventActor } from '../contracts/event.ts';
import { callerEventActor } from '../contracts/event-actor.ts';
import { type Gateway, shouldUpgrade } from '../gateway/gateway.ts';
import { mainErrors } from './errors.ts';

export interface HttpServerOptions {
  readonly api: Api;
  readonly access: Access;
  readonly gateway: Gateway;
  /** @throws not_ready until calls can be forwarded */
  readonly checkReady: () => void;
  readonly allowedHosts: readonly string[];
  /** More are closed as they come. */
  readonly maxConnections: number;
  readonly log: Logger;
}

/** Headers of a request must be here in this time; its body may take as long as it streams. */
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** How long the rest of a refused body is taken in, so that its sender can read the refusal. */
const LINGER_MS = 5_000;
/** How often it is told that connections are closed as they come. */
const TELL_DROPPED_MS = 60_000;
/** A silent connection is asked after this whether its other side is still there. */
const PROBE_AFTER_MS = 60_000;
const MAX_HEADER_BYTES = 32 * 1024;

const upgraded = new WeakMap<Server, Set<Duplex>>();

export function createHttpServer(options: HttpServerOptions): Server {
  const { api, access, allowedHosts, gateway, log } = options;

  /** Throws unless the caller has shown that it may call agents; takes its credential off. */
  function admit(request: IncomingMessage, agent: string): EventActor {
    let actor: EventActor | undefined;
    try {
      checkHost(request.headers.host, allowedHosts);
      const caller = access.authenticate(request);
      actor = callerEventActor(caller, request.socket.remoteAddress);
      access.authorise(caller, 'invoke');
      options.checkReady();
      stripCredential(request);
      return actor;
    } catch (error) {
      throw new NotAdmitted(error, { agent, caller: actor });
    }
  }

  /** What is told to a caller who was not admitted, and to the log. */
  function refusalOf(request: IncomingMessage, thrown: unknown) {
    const requestId = newId('req');
    if (!(thrown instanceof NotAdmitted)) return { error: thrown, requestId };
    const { agent, caller, cause } = thrown;
    const told = problemOf(cause, requestId);
    gateway.noteRefused(request, {
      ...{ agent, requestId },
      error: { code: told.code, message: told.detail, status: told.status },
      ...(caller && { caller }),
    });
    return { error: cause, requestId };
  }

  function problem(error: unknown, requestId: string) {
    const told = problemOf(error, requestId);
    if (told.code === 'internal_error') log.error({ err: error, requestId }, 'unexpected error');
    return told;
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const agent = gateway.agentOf(request);
    if (agent === undefined) {
      api.handle(request, response);
      return;
    }
    try {
      gateway.handle(request, response, { agent, caller: admit(request, agent) });
    } catch (thrown) {
      const { error, requestId } = refusalOf(request, thrown);
      const told = problem(error, requestId);
      response.writeHead(told.status, problemHeaders(told));
      response.end(JSON.stringify(told));
      if (request.complete) return;
      const timer = setTimeout(() => request.destroy(), LINGER_MS);
      request.on('close', () => clearTimeout(timer));
      request.resume();
    }
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const agent = gateway.agentOf(request);
    if (agent === undefined) {
      void api.handleUpgrade(request, socket, head);
      return;
    }
    try {
      gateway.handleUpgrade(request, socket, { agent, caller: admit(request, agent), head });
    } catch (thrown) {
      refuseUpgrade(socket, refusalOf(request, thrown));
    }
  }

  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      // Uploads and calls may stream for as long as they like.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      shouldUpgradeCallback: shouldUpgrade,
      noDelay: true,
      // Uploads, followed logs and exec sessions of a caller that lost its network end some time.
      keepAlive: true,
      keepAliveInitialDelay: PROBE_AFTER_MS,
    },
    handle,
  );
  server.maxConnections = options.maxConnections;
  server.on('drop', tellDropped(options));
  const open = new Set<Duplex>();
  upgraded.set(server, open);
  server.on('upgrade', (request, socket, head) => {
    open.add(socket);
    // node:http has let go of it: a reset while it is looked at would end the process.
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    handleUpgrade(request, socket, head);
  });
  return server;
}

function tellDropped({ log, maxConnections }: HttpServerOptions): () => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - toldAtMs < TELL_DROPPED_MS) return;
    toldAtMs = performance.now();
    log.warn({ maxConnections }, 'too many connections are open: more are closed as they come');
  };
}

/** A call that was stopped at the door. */
class NotAdmitted extends Error {
  readonly agent: string;
  readonly caller: EventActor | undefined;

  constructor(cause: unknown, by: { agent: string; caller: EventActor | undefined }) {
    super('not admitted', { cause });
    this.agent = by.agent;
    this.caller = by.caller;
  }
}

/** @returns the URL that it listens at. @throws listen_address_taken, listen_address_invalid */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const shown = `${host}:${port}`;
      if (cause.code === 'EADDRINUSE')
        reject(mainErrors.listen_address_taken(`Something else listens on ${shown}.`, { cause }));
      else
        reject(
          mainErrors.listen_address_invalid(`Cannot listen on ${shown}: ${cause.code}.`, { cause }),
        );
    });
    server.listen({ host, port }, resolve);
  });
  const address = server.address() as AddressInfo;
  const anywhere = address.address === '0.0.0.0' || address.address === '::';
  const shown = anywhere ? '127.0.0.1' : address.address;
  return `http://${address.family === 'IPv6' && !anywhere ? `[${shown}]` : shown}:${address.port}`;
}

/**
 * Takes no new connections; ends when all requests are answered and all upgraded connections have
 * ended, or cuts them off.
 */
export async function closeServer(
  server: Server,
  { timeoutMs }: { timeoutMs: number },
): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
    // Those that were upgraded are not the HTTP server's own any more.
    for (const socket of upgraded.get(server) ?? []) socket.destroy();
  }, timeoutMs);
  await closed;
  clearTimeout(timer);
}
