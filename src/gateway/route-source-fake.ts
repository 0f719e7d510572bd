/** Routes that a test sets. Machines are named after their port: m10000. */
import type { Route, RouteSource } from '../contracts/route.ts';
import { DEFAULT_PAYLOAD_POLICY, type PayloadPolicy } from '../contracts/trail.ts';

export interface FakeRoute {
  readonly ports?: readonly number[];
  readonly concurrency?: Partial<Route['concurrency']>;
  readonly unavailable?: string;
  readonly payloads?: PayloadPolicy;
}

export class FakeRoutes implements RouteSource {
  readonly #routes = new Map<string, Route>();
  readonly #listeners = new Set<(agentName: string) => void>();

  route(agentName: string): Route | undefined {
    return this.#routes.get(agentName);
  }

  onRouteChange(listener: (agentName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is left out stays as it was, or takes a default. */
  set(agent: string, route: FakeRoute): void {
    const before = this.#routes.get(agent);
    this.#routes.set(agent, {
      agent,
      revision: 7,
      payloads: route.payloads ?? before?.payloads ?? DEFAULT_PAYLOAD_POLICY,
      targets:
        route.ports?.map((port, replica) => ({
          ...{ machineId: `m${port}`, replica, host: '127.0.0.1', port },
        })) ??
        before?.targets ??
        [],
      concurrency: {
        ...{ hardLimit: 100, queue: 100, queueTimeoutMs: 60_000 },
        ...before?.concurrency,
        ...route.concurrency,
      },
      unavailable: route.unavailable ?? null,
    });
    this.#tell(agent);
  }

  delete(agent: string): void {
    this.#routes.delete(agent);
    this.#tell(agent);
  }

  #tell(agent: string): void {
    for (const listener of this.#listeners) listener(agent);
  }
}
