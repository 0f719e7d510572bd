/**
 * Gives each call a place on a machine: at once where there is room, else in the order of
 * arrival, from a queue that is bounded in length and time. Holds what is in flight where.
 */
import type { Clock } from '../base/clock.ts';
import type { SwarmError } from '../base/errors.ts';
import type { Route, RouteSource, RouteTarget } from '../contracts/route.ts';
import { chooseMachine } from './choose-machine.ts';
import { agentNotFound, gatewayErrors } from './errors.ts';
import { type ConnectionLimits, MachineCalls, type RunningCall } from './machine-calls.ts';

export interface SlotCaller {
  readonly agentName: string;
  /** The run that it belongs to, and its own span in it. */
  readonly trace?: RunningCall;
  /** Machines that refused the connection for this call. */
  readonly tried: ReadonlySet<string> | undefined;
  /** The call may go to that machine; its slot is freed by `release`. */
  granted(machine: MachineCalls): void;
  refused(error: SwarmError): void;
}

interface AgentCalls {
  targets: readonly RouteTarget[];
  machines: readonly MachineCalls[];
  turn: number;
  /** Both in order of arrival; calls that come back from a refused connection go first. */
  readonly returned: Map<SlotCaller, NodeJS.Timeout>;
  readonly waiting: Map<SlotCaller, NodeJS.Timeout>;
}

export interface CallSlotsOptions {
  readonly routes: RouteSource;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** The nearest name there is, for the 404. */
  readonly nearestName: (agentName: string) => string | undefined;
}

export class CallSlots {
  readonly #options: CallSlotsOptions;
  readonly #agents = new Map<string, AgentCalls>();
  readonly #machines = new Map<string, MachineCalls>();
  readonly #unsubscribe: () => void;

  constructor(options: CallSlotsOptions) {
    this.#options = options;
    this.#unsubscribe = options.routes.onRouteChange((name) => this.#routeChanged(name));
  }

  /** Answers `caller` exactly once, unless it withdraws: often before this returns. */
  request(caller: SlotCaller): void {
    const refusal = this.#place(caller);
    if (refusal !== undefined) caller.refused(refusal);
  }

  /** Grants, queues, or says why not. */
  #place(caller: SlotCaller): SwarmError | undefined {
    const { agentName } = caller;
    const route = this.#options.routes.route(agentName);
    if (route === undefined) return this.#notFound(agentName);
    const agent = this.#follow(route);
    const returns = caller.tried !== undefined;
    if (returns || agent.waiting.size + agent.returned.size === 0) {
      const machine = this.#choose(agent, route, caller);
      if (machine !== undefined) {
        this.#grant(agent, machine, caller);
        return undefined;
      }
    }
    if (!agent.machines.some((machine) => !caller.tried?.has(machine.machineId)))
      return unavailable(route, returns);
    if (!returns && agent.waiting.size >= route.concurrency.queue)
      return gatewayErrors.queue_full(
        `All replicas of "${agentName}" are busy and ${agent.waiting.size} calls wait already.`,
      );
    const queue = returns ? agent.returned : agent.waiting;
    const timer = setTimeout(() => {
      queue.delete(caller);
      caller.refused(this.#waitedTooLong(route));
    }, route.concurrency.queueTimeoutMs);
    queue.set(caller, timer);
    return undefined;
  }

  /** The caller waits no more. Nothing happens when it is not waiting. */
  withdraw(caller: SlotCaller): void {
    const agent = this.#agents.get(caller.agentName);
    if (agent === undefined) return;
    for (const queue of [agent.returned, agent.waiting]) {
      clearTimeout(queue.get(caller));
      queue.delete(caller);
    }
  }

  release(machine: MachineCalls, caller: Pick<SlotCaller, 'agentName' | 'trace'>): void {
    machine.release(caller.trace);
    if (machine.retired && machine.inFlight === 0) this.#forget(machine);
    this.#pump(caller.agentName);
  }

  running(machineId: string): readonly RunningCall[] {
    return [...(this.#machines.get(machineId)?.running ?? [])];
  }

  inFlight(machineId: string): number {
    return this.#machines.get(machineId)?.inFlight ?? 0;
  }

  waiting(agentName: string): number {
    const agent = this.#agents.get(agentName);
    return agent === undefined ? 0 : agent.waiting.size + agent.returned.size;
  }

  drained(machineId: string, timeoutMs: number): Promise<boolean> {
    return this.#machines.get(machineId)?.idle(timeoutMs) ?? Promise.resolve(true);
  }

  /** Refuses those who wait and breaks the calls in flight. */
  async close(): Promise<void> {
    this.#unsubscribe();
    for (const agent of this.#agents.values())
      for (const queue of [agent.returned, agent.waiting])
        for (const [caller, timer] of queue) {
          clearTimeout(timer);
          queue.delete(caller);
          caller.refused(gatewayErrors.agent_unavailable('The gateway is shutting down.'));
        }
    await Promise.all([...this.#machines.values()].map((machine) => machine.destroy()));
  }

  #choose(agent: AgentCalls, route: Route, caller: SlotCaller): MachineCalls | undefined {
    return chooseMachine(agent.machines, {
      hardLimit: route.concurrency.hardLimit,
      turn: agent.turn,
      nowMs: this.#options.clock.nowMs(),
      tried: caller.tried,
    });
  }

  #grant(agent: AgentCalls, machine: MachineCalls, caller: SlotCaller): void {
    agent.turn = (agent.turn + 1) % Number.MAX_SAFE_INTEGER;
    machine.take(caller.trace);
    caller.granted(machine);
  }

  /** Gives free slots to those who wait. A call that has tried some machines may be passed over. */
  #pump(agentName: string): void {
    const agent = this.#agents.get(agentName);
    if (agent === undefined || agent.returned.size + agent.waiting.size === 0) return;
    const route = this.#options.routes.route(agentName);
    if (route === undefined) return;
    this.#follow(route);
    for (const queue of [agent.returned, agent.waiting])
      for (const [caller, timer] of queue) {
        const machine = this.#choose(agent, route, caller);
        if (machine === undefined) {
          if (caller.tried === undefined) return;
          continue;
        }
        clearTimeout(timer);
        queue.delete(caller);
        this.#grant(agent, machine, caller);
      }
  }

  #routeChanged(agentName: string): void {
    const agent = this.#agents.get(agentName);
    if (agent === undefined) return; // Nobody has called it yet.
    const route = this.#options.routes.route(agentName);
    if (route === undefined) {
      this.#removeAgent(agentName, agent);
    } else {
      this.#follow(route);
      this.#pump(agentName);
    }
  }

  #removeAgent(agentName: string, agent: AgentCalls): void {
    this.#agents.delete(agentName);
    for (const machine of agent.machines) this.#retire(machine);
    for (const [caller, timer] of [...agent.returned, ...agent.waiting]) {
      clearTimeout(timer);
      caller.refused(this.#notFound(agentName));
    }
  }

  /** The agent's state, brought in line with its route: cheap when the targets are the same. */
  #follow(route: Route): AgentCalls {
    let agent = this.#agents.get(route.agent);
    if (agent === undefined) {
      agent = { targets: [], machines: [], turn: 0, returned: new Map(), waiting: new Map() };
      this.#agents.set(route.agent, agent);
    }
    if (agent.targets === route.targets) return agent;
    const before = agent.machines;
    agent.targets = route.targets;
    agent.machines = route.targets.map((target) => this.#machine(target));
    for (const machine of before) if (!agent.machines.includes(machine)) this.#retire(machine);
    return agent;
  }

  #machine(target: RouteTarget): MachineCalls {
    let machine = this.#machines.get(target.machineId);
    if (machine === undefined) {
      machine = new MachineCalls(target, this.#options.limits);
      this.#machines.set(target.machineId, machine);
    }
    machine.retired = false;
    machine.follow(target);
    return machine;
  }

  #retire(machine: MachineCalls): void {
    machine.retired = true;
    if (machine.inFlight === 0) this.#forget(machine);
  }

  #forget(machine: MachineCalls): void {
    this.#machines.delete(machine.machineId);
    void machine.destroy();
  }

  #waitedTooLong(route: Route): SwarmError {
    const now = this.#options.routes.route(route.agent);
    if (now !== undefined && now.targets.length === 0) return unavailable(now, false);
    return gatewayErrors.queue_timeout(
      `All replicas of "${route.agent}" stayed busy for ${route.concurrency.queueTimeoutMs} ms.`,
    );
  }

  #notFound(agentName: string): SwarmError {
    return agentNotFound(agentName, this.#options.nearestName(agentName));
  }
}

function unavailable(route: Route, tried: boolean): SwarmError {
  const reason = tried ? 'no replica accepts connections' : (route.unavailable ?? 'no replica');
  return gatewayErrors.agent_unavailable(
    `The agent "${route.agent}" cannot take calls now: ${reason}.`,
    { details: { reason } },
  );
}
