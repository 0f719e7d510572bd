import type { PayloadPolicy } from './trail.ts';

/** What fleet tells the gateway: where the calls to an agent may go. Read for each call, in memory. */
export interface RouteTarget {
  readonly machineId: string;
  readonly replica: number;
  readonly host: string;
  readonly port: number;
}

export interface Route {
  readonly agent: string;
  /** The active revision's number. */
  readonly revision: number;
  /** What of its calls' bodies the log keeps. */
  readonly payloads: PayloadPolicy;
  /** Healthy machines of the active revision. */
  readonly targets: readonly RouteTarget[];
  readonly concurrency: {
    /** Calls in flight per machine. */
    readonly hardLimit: number;
    /** Calls that may wait, per agent. */
    readonly queue: number;
    readonly queueTimeoutMs: number;
  };
  /** Why there is no target, for the 503: `0 replicas are wanted`, `starting`, `given up: …`. */
  readonly unavailable: string | null;
}

export interface RouteSource {
  route(agentName: string): Route | undefined;
  /** Called after every change of any route. Returns the unsubscribe function. */
  onRouteChange(listener: (agentName: string) => void): () => void;
}
