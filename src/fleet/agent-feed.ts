import type { AgentResource } from '../contracts/resources.ts';
import type { FleetEvent } from './fleet.ts';

interface Reader {
  readonly workspaceId: string;
  readonly agent: string | undefined;
  /** By agent: only the newest state waits, so a slow reader costs one state for each agent. */
  readonly pending: Map<string, FleetEvent>;
  wake: () => void;
}

/** The newest state of each agent, told to everyone who watches. */
export class AgentFeed {
  readonly #agents = new Map<string, { resource: AgentResource; text: string }>();
  readonly #readers = new Set<Reader>();

  publish(resource: AgentResource): void {
    const text = JSON.stringify(resource);
    if (this.#agents.get(resource.id)?.text === text) return;
    this.#agents.set(resource.id, { resource, text });
    this.#tell(resource.workspace, resource.name, { type: 'agent', agent: resource });
  }

  remove(agentId: string): void {
    const resource = this.#agents.get(agentId)?.resource;
    if (resource === undefined) return;
    this.#agents.delete(agentId);
    const { name, workspace } = resource;
    this.#tell(workspace, name, { type: 'agent_deleted', name });
  }

  async *watch(options: {
    workspaceId: string;
    agent: string | undefined;
    signal: AbortSignal;
  }): AsyncGenerator<FleetEvent> {
    const { workspaceId, agent, signal } = options;
    const reader: Reader = { workspaceId, agent, pending: new Map(), wake: () => undefined };
    for (const { resource } of this.#agents.values())
      if (resource.workspace === workspaceId && (agent ?? resource.name) === resource.name)
        reader.pending.set(resource.name, { type: 'agent', agent: resource });
    const onAbort = () => reader.wake();
    signal.addEventListener('abort', onAbort);
    this.#readers.add(reader);
    try {
      while (!signal.aborted) {
        const [first] = reader.pending;
        if (first === undefined) {
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
          continue;
        }
        reader.pending.delete(first[0]);
        yield first[1];
      }
    } finally {
      this.#readers.delete(reader);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #tell(workspaceId: string, name: string, event: FleetEvent): void {
    for (const reader of this.#readers) {
      if (reader.workspaceId !== workspaceId || (reader.agent ?? name) !== name) continue;
      reader.pending.delete(name);
      reader.pending.set(name, event);
      reader.wake();
    }
  }
}
