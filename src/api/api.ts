/**
 * The API: Express on a list of declared endpoints. The front file of the area.
 * A newcomer reads endpoint.ts, one of the *-endpoints.ts, then serve-endpoint.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import type { Caller } from '../access/access.ts';
import { SwarmError } from '../base/errors.ts';
import { EXEC_SUBPROTOCOL } from '../contracts/session-names.ts';
import type { ApiParts } from './api-parts.ts';
import { Attempt } from './attempt.ts';
import { createApp } from './create-app.ts';
import { endpoints } from './endpoints.ts';
import { apiErrors } from './errors.ts';
import { serveExec } from './exec-socket.ts';
import { checkHost } from './host-check.ts';
import { problemHeaders, problemOf } from './problem.ts';
import { authorise } from './serve-endpoint.ts';

export type { ApiLimits, ApiParts, SystemPort } from './api-parts.ts';
export { apiErrors } from './errors.ts';
export { checkHost } from './host-check.ts';
export { OUTCOME_UNKNOWN } from './idempotency.ts';
export { problemHeaders, problemOf } from './problem.ts';
export { createRefusalLimiter } from './refusal-limiter.ts';
export { STREAM_TIMES } from './stream-reply.ts';

export interface Api {
  handle(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Ends all waits and streams; requests that are being answered go on. */
  close(): void;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly requestId: string;
}

export function createApi(parts: ApiParts): Api {
  const stopping = new AbortController();
  const app = createApp({ parts, stopping: stopping.signal });
  let webSockets: Promise<WebSocketServer> | undefined;

  const execEndpoint = endpoints.find((endpoint) => endpoint.webSocket === true);
  if (execEndpoint === undefined) throw new Error('no WebSocket endpoint is declared');
  const execPath = new RegExp(`^${execEndpoint.path.replace('{name}', '([^/?]+)')}(?:\\?|$)`);

  async function exec(session: Upgrade): Promise<void> {
    const { request } = session;
    const name = execPath.exec(request.url ?? '')?.[1];
    if (name === undefined || execEndpoint === undefined)
      throw apiErrors.path_unknown('There is no WebSocket at this path.');
    const { requestId } = session;
    const attempt = new Attempt({ endpoint: execEndpoint, request, requestId, parts });
    try {
      const agent = decoded(name);
      attempt.params({ name: agent });
      const caller = authorise(execEndpoint, { request, parts, attempt });
      if (caller === undefined) throw new Error('exec was declared open to everybody');
      if (stopping.signal.aborted) throw apiErrors.shutting_down('swarmd is stopping.');
      await parts.fleet.agent(caller.actor, agent);
      webSockets ??= openWebSockets();
      openSession(await webSockets, { ...session, agent, attempt, caller });
    } catch (error) {
      await attempt.ended(error);
      throw error;
    }
  }

  function openSession(
    server: WebSocketServer,
    session: Upgrade & { agent: string; attempt: Attempt; caller: Caller },
  ): void {
    const { request, socket, head, requestId, agent, attempt, caller } = session;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const open = new AbortController();
      const { signal } = open;
      const on = (over: AbortSignal, end: () => void) =>
        over.addEventListener('abort', end, { once: true, signal });
      on(stopping.signal, () => webSocket.close(1001, 'swarmd is stopping'));
      if (caller.over !== undefined)
        on(caller.over, () => webSocket.close(1008, 'the session has ended'));
      webSocket.on('close', () => open.abort());
      webSocket.on('close', parts.access.follow(caller));
      void serveExec(webSocket, {
        ...{ actor: caller.actor, agent, requestId, attempt },
        log: parts.log.child({ requestId }),
        parts,
      });
    });
  }

  return {
    handle: (request, response) => app(request, response),
    async handleUpgrade(request, socket, head) {
      const requestId = parts.newRequestId();
      try {
        checkHost(request.headers.host, parts.allowedHosts);
        await exec({ request, socket, head, requestId });
      } catch (error) {
        if (!(error instanceof SwarmError))
          parts.log.error({ err: error, requestId }, 'unexpected error');
        refuseUpgrade(socket, { error, requestId });
      }
    },
    close() {
      stopping.abort();
      parts.refusals.close();
    },
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw apiErrors.path_unknown('The path is not valid percent-encoding.');
  }
}

/** Loaded when it is first needed: idle memory counts. */
async function openWebSockets(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // A frame's payload and its type; the start message is smaller.
    maxPayload: 64 * 1024 + 1,
    clientTracking: false,
    // Never the one that a session's header token came in.
    handleProtocols: (offered) => (offered.has(EXEC_SUBPROTOCOL) ? EXEC_SUBPROTOCOL : false),
  });
}

/** Answers an upgrade with a problem instead, and ends the connection. */
export function refuseUpgrade(
  socket: Duplex,
  options: { error: unknown; requestId: string },
): void {
  const problem = problemOf(options.error, options.requestId);
  const body = JSON.stringify(problem);
  const headers = Object.entries({
    ...problemHeaders(problem),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${head}\r\n${body}`);
  // The caller may never close its side.
  socket.once('finish', () => socket.destroy());
}
