/** The loop over plan and apply, for each agent by itself; events and timers make it look. */
import { describeError } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import type { MachineEvent } from '../machines/machines.ts';
import type { AgentRow } from '../store/store.ts';
import { AgentFeed } from './agent-feed.ts';
import { type AgentView, agentResourceOf } from './agent-resource.ts';
import { type ApplyContext, applyAction } from './apply-action.ts';
import type { FleetContext } from './fleet-context.ts';
import { HealthWatches } from './health-watches.ts';
import { MachineTasks } from './machine-tasks.ts';
import { planMachines } from './plan-machines.ts';
import { recordEnd, vmmEnded } from './record-end.ts';
import { RouteTable, routeOf } from './routes.ts';

/** Everything is looked at again this often, whether or not anything was heard of it. */
const RESYNC_MS = 30_000;
/** A timer of Node holds at most so many milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Loop {
  running: boolean;
  again: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Publishing is done one after the other, so that an older state never replaces a newer. */
  publishing: Promise<void>;
}

export class Reconciler {
  readonly routes = new RouteTable();
  readonly feed = new AgentFeed();
  readonly watches: HealthWatches;
  readonly #context: FleetContext;
  readonly #tasks: MachineTasks;
  readonly #loops = new Map<string, Loop>();
  readonly #listeners = new Set<(agentId: string) => void>();
  #resync: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(context: FleetContext) {
    this.#context = context;
    this.watches = new HealthWatches(context, (agentId) => this.look(agentId));
    this.#tasks = new MachineTasks({
      log: context.log,
      retryMs: context.retryMs,
      onSettled: (agentId) => this.look(agentId),
    });
  }

  begin(): void {
    this.#resync = setInterval(() => void this.lookAtAll(), RESYNC_MS);
    this.#resync.unref();
  }

  async lookAtAll(): Promise<void> {
    try {
      for (const { id } of await this.#context.store.agents.listAll()) this.look(id);
    } catch (error) {
      this.#context.log.error({ error: describeError(error) }, 'the agents could not be read');
    }
  }

  /** Asks for a look at an agent now; many requests become one. */
  look(agentId: string): void {
    if (this.#closed) return;
    const loop = this.#loop(agentId);
    loop.again = true;
    if (loop.running) return;
    loop.running = true;
    void this.#run(agentId, loop);
  }

  /** Called after each look at an agent. Returns the unsubscribe function. */
  onLook(listener: (agentId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a machine says; repeated facts change nothing. */
  async hear(event: MachineEvent): Promise<void> {
    const { machineId } = event;
    if (event.type === 'listening') {
      this.watches.get(machineId)?.setListening(event.ports);
      return;
    }
    const machine = await this.#context.store.machines.find(machineId);
    if (machine === undefined || this.#closed) return;
    if (event.type === 'process_exited') {
      await this.#recordSurely({ machineId, cause: { type: 'exit', exit: event.exit } });
    } else if (machine.startedAtMs !== null) {
      await this.#recordSurely({ machineId, cause: vmmEnded });
    }
    this.look(machine.agentId);
  }

  /** An end is told once: what a full disk did not take is written when it does. */
  async #recordSurely(end: Parameters<typeof recordEnd>[1]): Promise<void> {
    const { log, retryMs } = this.#context;
    while (!this.#closed)
      try {
        return await recordEnd(this.#context, end);
      } catch (error) {
        log.error({ ...end, error: describeError(error) }, 'an end could not be recorded yet');
        await sleep(retryMs, undefined, { ref: false });
      }
  }

  async view(agent: AgentRow): Promise<AgentView> {
    const { store, specs, clock } = this.#context;
    const machines = await store.machines.listOf(agent.id);
    const slots = await store.slots.listOf(agent.id);
    const shown = agent.active ?? agent.target;
    const revision = shown === null ? undefined : await specs.find(agent.id, shown.revision);
    return { agent, machines, slots, revision, nowMs: clock.nowMs() };
  }

  /** Brings routes and watchers up to date with the store. */
  async publish(agentId: string): Promise<void> {
    const loop = this.#loop(agentId);
    const next = loop.publishing.then(async () => {
      const agent = await this.#context.store.agents.find(agentId);
      if (agent === undefined) return;
      const view = await this.view(agent);
      this.#publishView(view);
    });
    loop.publishing = next.catch(() => undefined);
    await next;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#resync);
    for (const { timer } of this.#loops.values()) clearTimeout(timer);
    this.watches.closeAll();
    await this.#tasks.close();
  }

  #loop(agentId: string): Loop {
    const found = this.#loops.get(agentId);
    if (found !== undefined) return found;
    const loop = { running: false, again: false, timer: undefined, publishing: Promise.resolve() };
    this.#loops.set(agentId, loop);
    return loop;
  }

  async #run(agentId: string, loop: Loop): Promise<void> {
    while (loop.again && !this.#closed) {
      loop.again = false;
      try {
        await this.#round(agentId, loop);
      } catch (error) {
        if (this.#closed) break;
        const { log, retryMs } = this.#context;
        log.error({ agentId, error: describeError(error) }, 'a look at an agent failed');
        this.#lookLater(agentId, { loop, delayMs: retryMs });
      }
      for (const listener of this.#listeners) listener(agentId);
    }
    loop.running = false;
  }

  async #round(agentId: string, loop: Loop): Promise<void> {
    const { store, clock } = this.#context;
    await this.publish(agentId);
    const agent = await store.agents.find(agentId);
    if (agent === undefined) {
      this.#loops.delete(agentId);
      return;
    }
    const machines = await store.machines.listOf(agentId);
    const slots = await store.slots.listOf(agentId);
    const work = this.#tasks.under(machines.map(({ id }) => id));
    const plan = planMachines({ agent, machines, slots, work, nowMs: clock.nowMs() });
    const context: ApplyContext = {
      ...this.#context,
      tasks: this.#tasks,
      watches: this.watches,
      publish: (id) => this.publish(id),
      onRemoved: (removed) => this.#removed(removed),
    };
    for (const action of plan.actions) {
      if (this.#closed) return;
      if (await applyAction(context, { agent, action })) loop.again = true;
    }
    if (plan.lookAgainAtMs !== null)
      this.#lookLater(agentId, { loop, delayMs: plan.lookAgainAtMs - clock.nowMs() });
  }

  #lookLater(agentId: string, { loop, delayMs }: { loop: Loop; delayMs: number }): void {
    clearTimeout(loop.timer);
    const boundedMs = Math.min(Math.max(delayMs, 0) + 1, MAX_TIMER_MS);
    loop.timer = setTimeout(() => this.look(agentId), boundedMs);
    loop.timer.unref();
  }

  #publishView(view: AgentView): void {
    const { machines, agentUrl } = this.#context;
    const route = routeOf(view, (machineId, port) => machines.endpoint(machineId, port));
    this.routes.set(view.agent.name, route);
    this.feed.publish(agentResourceOf(view, { url: agentUrl(view.agent.name) }));
  }

  /** The agent is gone from the store: nothing of it stays in memory. */
  #removed(agent: AgentRow): void {
    const loop = this.#loops.get(agent.id);
    clearTimeout(loop?.timer);
    this.#loops.delete(agent.id);
    this.#context.specs.forget(agent.id);
    this.routes.set(agent.name, undefined);
    this.feed.remove(agent.id);
  }

  /** Another part of Swarm removed the agent: the deployment that had made it failed. */
  forget(agent: AgentRow): void {
    this.#removed(agent);
  }
}
