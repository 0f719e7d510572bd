/**
 * The way in: routes calls to healthy machines. The front file of the area.
 * It knows routes and nothing of agents, images or machines.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { RouteSource } from '../contracts/route.ts';
import { CallSlots } from './call-slots.ts';
import { agentNotFound } from './errors.ts';
import { type CallContext, ForwardedCall, refusalOf } from './forward-call.ts';
import { ForwardedUpgrade } from './forward-upgrade.ts';
import { requestIdOf } from './forwarded-headers.ts';
import type { ConnectionLimits } from './machine-calls.ts';
import { matchAgent } from './match-agent.ts';
import { problemHead, sendProblem } from './problem-response.ts';

export { shouldUpgrade } from './forward-upgrade.ts';
export type { ConnectionLimits } from './machine-calls.ts';

export interface Gateway {
  /** The agent that a request is for, by path or by host name; undefined: it is not for us. */
  agentOf(request: IncomingMessage): string | undefined;
  /**
   * Forwards the request. The caller of this has checked the credential and taken it off the
   * request's headers (`headers` and `rawHeaders`).
   */
  handle(request: IncomingMessage, response: ServerResponse, agentName: string): void;
  /** As `handle`; make the server with `shouldUpgradeCallback: shouldUpgrade`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, agentName: string): void;
  /** Calls in flight on a machine, for drains. */
  inFlight(machineId: string): number;
  /** Resolves when no call is in flight on it; false when time ran out first. */
  drained(machineId: string, options: { timeoutMs: number }): Promise<boolean>;
  /** Refuses those who wait and breaks the calls in flight. */
  close(): Promise<void>;
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  connectTimeoutMs: 3_000,
  firstByteTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
  keepAliveMs: 1_000,
  maxHeaderBytes: 16_384,
};

export interface GatewayOptions {
  readonly routes: RouteSource;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits?: Partial<ConnectionLimits>;
  /** The nearest name there is, for the 404. */
  readonly nearestName?: (agentName: string) => string | undefined;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { routes, log, clock } = options;
  const nearestName = options.nearestName ?? (() => undefined);
  const slots = new CallSlots({
    routes,
    clock,
    nearestName,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  });
  const context: CallContext = {
    slots,
    nowMs: () => clock.nowMs(),
    connectFailed: (machine, error) =>
      log.warn(
        { machineId: machine.machineId, replica: machine.replica, cause: error.message },
        'a machine does not accept connections',
      ),
  };

  function handle(request: IncomingMessage, response: ServerResponse, agentName: string): void {
    const requestId = requestIdOf(request);
    const target = matchAgent(request.url ?? '/', request.headers.host);
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      sendProblem(response, refusal, requestId);
    } else if (target?.agentName !== agentName) {
      const refused = agentNotFound(agentName, nearestName(agentName));
      sendProblem(response, refused, requestId);
    } else {
      new ForwardedCall(context, { request, response, target, requestId }).start();
    }
  }

  function handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    agentName: string,
  ): void {
    const requestId = requestIdOf(request);
    const target = matchAgent(request.url ?? '/', request.headers.host);
    if (target?.agentName !== agentName)
      socket.end(problemHead(agentNotFound(agentName, nearestName(agentName)), requestId));
    else new ForwardedUpgrade(context, { request, socket, head, target, requestId }).start();
  }

  return {
    agentOf: (request) => matchAgent(request.url ?? '/', request.headers.host)?.agentName,
    handle,
    handleUpgrade,
    inFlight: (machineId) => slots.inFlight(machineId),
    drained: (machineId, { timeoutMs }) => slots.drained(machineId, timeoutMs),
    close: () => slots.close(),
  };
}
