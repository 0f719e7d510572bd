/**
 * The way in: routes calls to healthy machines. The front file of the area.
 * It knows routes and nothing of agents, images or machines.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Gateway {
  /** The agent that a request is for, by path or by host name; undefined: it is not for us. */
  agentOf(request: IncomingMessage): string | undefined;
  /** Forwards the request; authorisation was checked by the caller. */
  handle(request: IncomingMessage, response: ServerResponse, agentName: string): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, agentName: string): void;
  /** Calls in flight on a machine, for drains. */
  inFlight(machineId: string): number;
  /** Resolves when no call is in flight on it; false when time ran out first. */
  drained(machineId: string, options: { timeoutMs: number }): Promise<boolean>;
  close(): Promise<void>;
}
