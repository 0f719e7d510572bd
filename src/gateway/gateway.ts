/**
 * The way in: routes calls to healthy machines. The front file of the area.
 * It knows routes and nothing of agents, images or machines.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { EventActor } from '../contracts/event.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import type { RouteSource } from '../contracts/route.ts';
import type { Trail } from '../contracts/trail.ts';
import { CallAudit } from './call-audit.ts';
import { CallSlots } from './call-slots.ts';
import { agentNotFound } from './errors.ts';
import { gatewayEvents } from './events.ts';
import { type CallContext, ForwardedCall } from './forward-call.ts';
import { ForwardedUpgrade } from './forward-upgrade.ts';
import { requestIdOf } from './forwarded-headers.ts';
import type { ConnectionLimits, RunningCall } from './machine-calls.ts';
import { matchAgent } from './match-agent.ts';
import { refusalOf, refuseCall, refuseUpgrade } from './refuse-call.ts';
import { createRefusedCallers, type RefusedCall } from './refused-callers.ts';

export { shouldUpgrade } from './forward-upgrade.ts';
export type { ConnectionLimits, RunningCall } from './machine-calls.ts';

export interface Gateway {
  /** The agent that a request is for, by path or by host name; undefined: it is not for us. */
  agentOf(request: IncomingMessage): string | undefined;
  /**
   * Forwards the request. The caller of this has checked the credential and taken it off the
   * request's headers (`headers` and `rawHeaders`). The call is made only once the log has it.
   */
  handle(request: IncomingMessage, response: ServerResponse, call: AdmittedCall): void;
  /** As `handle`; make the server with `shouldUpgradeCallback: shouldUpgrade`. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    call: AdmittedCall & { readonly head: Buffer },
  ): void;
  /** Tells the log of a call that was not admitted; a flood of them is counted. Does not answer. */
  noteRefused(request: IncomingMessage, call: RefusedCall): void;
  /** Calls in flight on a machine, for drains. */
  inFlight(machineId: string): number;
  /** The runs of the calls in flight on a machine, and the calls' own spans in them. */
  running(machineId: string): readonly RunningCall[];
  /** Resolves when no call is in flight on it; false when time ran out first. */
  drained(machineId: string, options: { timeoutMs: number }): Promise<boolean>;
  /** Refuses those who wait and breaks the calls in flight. */
  close(): Promise<void>;
}

export interface AdmittedCall {
  readonly agent: string;
  readonly caller: EventActor;
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
  /** Absent: nothing is audited. For tests and benchmarks of the gateway alone. */
  readonly trail?: Trail;
  readonly limits?: Partial<ConnectionLimits>;
  /** The nearest name there is, for the 404. */
  readonly nearestName?: (agentName: string) => string | undefined;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { routes, log, clock, trail } = options;
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

  const refusedCallers = createRefusedCallers({ trail, clock });

  function auditOf(
    request: IncomingMessage,
    { agent, caller }: AdmittedCall,
    by: { readonly kind: EventKind; readonly requestId: string; readonly path: string },
  ): CallAudit {
    const route = routes.route(agent);
    return new CallAudit(trail, { ...by, request, agentName: agent, caller, route });
  }

  function handle(request: IncomingMessage, response: ServerResponse, call: AdmittedCall): void {
    const requestId = requestIdOf(request);
    const target = matchAgent(request.url ?? '/', request.headers.host);
    const path = target?.path ?? request.url ?? '/';
    const audit = auditOf(request, call, { kind: gatewayEvents['gateway.call'], requestId, path });
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      void refuseCall({ response, audit, requestId }, refusal);
    } else if (target?.agentName !== call.agent) {
      const refused = agentNotFound(call.agent, nearestName(call.agent));
      void refuseCall({ response, audit, requestId }, refused);
    } else {
      const bySession = call.caller.auth === 'session';
      const forwarded = { request, response, target, requestId, audit, bySession };
      new ForwardedCall(context, forwarded).start();
    }
  }

  function handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    { head, ...call }: AdmittedCall & { readonly head: Buffer },
  ): void {
    const requestId = requestIdOf(request);
    const target = matchAgent(request.url ?? '/', request.headers.host);
    const path = target?.path ?? request.url ?? '/';
    const kind = gatewayEvents['gateway.upgrade'];
    const audit = auditOf(request, call, { kind, requestId, path });
    if (target?.agentName !== call.agent) {
      const refused = agentNotFound(call.agent, nearestName(call.agent));
      void refuseUpgrade({ socket, audit, requestId }, refused);
    } else {
      const bySession = call.caller.auth === 'session';
      const upgrade = { request, socket, head, target, requestId, audit, bySession };
      new ForwardedUpgrade(context, upgrade).start();
    }
  }

  return {
    agentOf: (request) => matchAgent(request.url ?? '/', request.headers.host)?.agentName,
    handle,
    handleUpgrade,
    noteRefused: refusedCallers.note,
    inFlight: (machineId) => slots.inFlight(machineId),
    running: (machineId) => slots.running(machineId),
    drained: (machineId, { timeoutMs }) => slots.drained(machineId, timeoutMs),
    close: async () => {
      refusedCallers.close();
      await slots.close();
    },
  };
}
