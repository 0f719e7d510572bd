/** Where calls may go: derived from the rows, held in memory, read without I/O. */
import type { Route, RouteSource, RouteTarget } from '../contracts/route.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../contracts/trail.ts';
import type { Endpoint } from '../machines/machines.ts';
import type { AgentView } from './agent-resource.ts';

export function routeOf(
  view: AgentView,
  endpoint: (machineId: string, port: number) => Endpoint | undefined,
): Route | undefined {
  const { agent, machines, revision } = view;
  if (revision === undefined) return undefined;
  const targets: RouteTarget[] = [];
  for (const { id, state, generation, replica } of agent.deleting ? [] : machines) {
    if (state !== 'healthy' || generation !== agent.active?.generation) continue;
    if (replica >= agent.replicas) continue;
    const address = endpoint(id, revision.process.port);
    if (address !== undefined) targets.push({ machineId: id, replica, ...address });
  }
  return {
    agent: agent.name,
    revision: revision.number,
    payloads: revision.config.audit ?? DEFAULT_PAYLOAD_POLICY,
    targets,
    concurrency: revision.config.concurrency,
    unavailable: targets.length > 0 ? null : whyUnavailable(view),
  };
}

function whyUnavailable({ agent, slots }: AgentView): string {
  if (agent.deleting) return 'it is being deleted';
  const { active } = agent;
  if (active === null) return 'its first deployment is under way';
  if (agent.replicas === 0) return '0 replicas are wanted';
  const own = slots.filter(({ generation }) => generation === active.generation);
  const inState = (state: string) => own.find((slot) => slot.state === state);
  const givenUp = inState('given_up');
  if (givenUp !== undefined) return givenUp.reason ?? 'given up';
  const waiting = inState('waiting');
  if (waiting !== undefined) return `restarting: ${waiting.reason ?? 'it failed'}`;
  if (inState('completed') !== undefined) return 'its process has ended and is not restarted';
  return 'starting';
}

export class RouteTable implements RouteSource {
  readonly #routes = new Map<string, Route>();
  readonly #listeners = new Set<(agentName: string) => void>();

  route(agentName: string): Route | undefined {
    return this.#routes.get(agentName);
  }

  /** Of every agent that can be called, or will be. */
  agentNames(): Iterable<string> {
    return this.#routes.keys();
  }

  onRouteChange(listener: (agentName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(agentName: string, route: Route | undefined): void {
    if (JSON.stringify(route) === JSON.stringify(this.#routes.get(agentName))) return;
    if (route === undefined) this.#routes.delete(agentName);
    else this.#routes.set(agentName, route);
    for (const listener of this.#listeners) listener(agentName);
  }
}
