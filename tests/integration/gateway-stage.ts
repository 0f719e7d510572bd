/** A gateway on a loopback port with upstreams that a test makes; all of it ends with the test. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type RequestOptions,
  request,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { EventActor } from '../../src/contracts/event.ts';
import type { Trail } from '../../src/contracts/trail.ts';
import {
  type ConnectionLimits,
  createGateway,
  type Gateway,
  shouldUpgrade,
} from '../../src/gateway/gateway.ts';
import { FakeRoutes } from '../../src/gateway/route-source-fake.ts';

export interface Stage {
  readonly gateway: Gateway;
  readonly routes: FakeRoutes;
  readonly port: number;
}

export const CALLER: EventActor = {
  ...{ type: 'human', id: 'prn_1', name: 'ada', auth: 'token', token: 'tok_1' },
  address: '127.0.0.1',
};

export async function startStage(
  t: TestContext,
  limits: Partial<ConnectionLimits> = {},
  trail?: Trail,
): Promise<Stage> {
  const routes = new FakeRoutes();
  const gateway = createGateway({
    ...{ routes, log: silentLogger, clock: systemClock, limits },
    nearestName: () => 'desk',
    ...(trail && { trail }),
  });
  const server = createServer({ shouldUpgradeCallback: shouldUpgrade }, (incoming, response) => {
    const agentName = gateway.agentOf(incoming);
    if (agentName === undefined) response.writeHead(421).end();
    else gateway.handle(incoming, response, { agent: agentName, caller: CALLER });
  });
  server.on('upgrade', (incoming, socket, head) => {
    const agent = gateway.agentOf(incoming) ?? '';
    gateway.handleUpgrade(incoming, socket, { agent, caller: CALLER, head });
  });
  const port = await listen(server);
  t.after(async () => {
    await gateway.close();
    server.closeAllConnections();
    server.close();
  });
  return { gateway, routes, port };
}

export async function startUpstream(
  t: TestContext,
  listener: RequestListener,
  options: { keepAliveTimeout?: number } = {},
): Promise<{ port: number; server: Server }> {
  const server = createServer(options, listener);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: await listen(server), server };
}

/** An upstream that does with its sockets what it likes. */
export async function startRawUpstream(
  t: TestContext,
  onSocket: (socket: Socket) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

async function listen(server: {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
  once(event: string, listener: () => void): unknown;
}): Promise<number> {
  await new Promise<void>((resolve) => {
    server.once('listening', resolve);
    server.listen(0, '127.0.0.1');
  });
  return (server.address() as AddressInfo).port;
}

/** A loopback port that nobody listens on. */
export async function closedPort(t: TestContext): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  t.diagnostic(`nobody listens on ${port}`);
  return port;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: Record<string, string | undefined>;
  readonly body: string;
}

/** @throws what node:http throws, such as ECONNRESET for an answer that was broken off */
export async function call(
  port: number,
  options: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    agent: false,
    path: '/agents/desk',
    ...options,
  });
  outgoing.end(options.body);
  const [incoming] = await once(outgoing, 'response');
  let body = '';
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) body += chunk;
  const { headers, trailers } = incoming;
  return { status: incoming.statusCode, headers, trailers, body };
}

export function problemCode(answer: Answer): string {
  return (JSON.parse(answer.body) as { code: string }).code;
}

/** Writes bytes, reads until the other side closes. `broken`: it was reset. */
export async function rawCall(
  port: number,
  bytes: string,
): Promise<{ text: string; broken: boolean }> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  let text = '';
  let broken = false;
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {
    broken = true;
  });
  socket.write(bytes, 'latin1');
  await new Promise((resolve) => socket.on('close', resolve));
  return { text, broken };
}
