/** The states of all agents, watched once for all streams; each state is written as text once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { AgentChange, AgentSource } from './ports.ts';

const RETRY_MS = 1_000;

export interface StateReader {
  /** By agent: only its newest state waits. */
  readonly pending: Map<string, string>;
  wake(): void;
}

export class AgentStates {
  readonly #source: AgentSource;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  /** JSON of each agent. */
  readonly #agents = new Map<string, string>();
  readonly #readers = new Set<StateReader>();
  #started: Promise<void> | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(source: AgentSource, log: Logger) {
    this.#source = source;
    this.#log = log;
  }

  /** Adds a reader; @returns the message with all there are. @throws while the fleet is not there */
  async subscribe(reader: StateReader): Promise<string> {
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    await this.#started;
    this.#readers.add(reader);
    const all = [...this.#agents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, json]) => json);
    return `{"type":"agents","agents":[${all.join(',')}]}`;
  }

  unsubscribe(reader: StateReader): void {
    this.#readers.delete(reader);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #start(): Promise<void> {
    const { signal } = this.#closing;
    // It watches before it lists, so that nothing falls between.
    const changes = this.#source.watch(signal)[Symbol.asyncIterator]();
    const first = changes.next();
    for (const agent of await this.#source.list())
      this.#agents.set(agent.name, JSON.stringify(agent));
    this.#watching = this.#watch(changes, first);
  }

  async #watch(
    changes: AsyncIterator<AgentChange>,
    first: Promise<IteratorResult<AgentChange>>,
  ): Promise<void> {
    const { signal } = this.#closing;
    try {
      for (let next = await first; next.done !== true; next = await changes.next())
        this.#take(next.value);
    } catch (error) {
      this.#log.warn({ error: describeError(error) }, 'the states of agents are not told now');
    }
    if (signal.aborted) return;
    // Begins anew with the next reader.
    await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    this.#started = undefined;
  }

  #take(change: AgentChange): void {
    if (change.type === 'agent') {
      const json = JSON.stringify(change.agent);
      if (this.#agents.get(change.agent.name) === json) return;
      this.#agents.set(change.agent.name, json);
      this.#tell(change.agent.name, `{"type":"agent","agent":${json}}`);
    } else if (this.#agents.delete(change.name))
      this.#tell(change.name, JSON.stringify({ type: 'agent_deleted', name: change.name }));
  }

  #tell(name: string, message: string): void {
    for (const reader of this.#readers) {
      reader.pending.set(name, message);
      reader.wake();
    }
  }
}
