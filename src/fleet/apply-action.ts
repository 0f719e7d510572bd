/** Does what the plan says. Each action may be applied twice, or too late, without harm. */
import { newId } from '../base/ids.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { AgentRow, MachineRow } from '../store/store.ts';
import { fleetErrors } from './errors.ts';
import { fleetEvents } from './events.ts';
import type { FleetContext } from './fleet-context.ts';
import type { HealthWatches } from './health-watches.ts';
import { fillsSlot, statesBefore } from './machine-moves.ts';
import { machineProcess } from './machine-process.ts';
import type { MachineTasks } from './machine-tasks.ts';
import { type Action, wantedGenerations } from './plan-machines.ts';
import { hostnameOf } from './process-spec.ts';
import { failureFrom, readSlot, recordEnd, vmmEnded } from './record-end.ts';
import { tellMachine } from './tell-machine.ts';

export interface ApplyContext extends FleetContext {
  readonly tasks: MachineTasks;
  readonly watches: HealthWatches;
  /** Brings routes and watchers up to date with the store. */
  readonly publish: (agentId: string) => Promise<void>;
  readonly onRemoved: (agent: AgentRow) => void;
}

/** @returns whether rows were changed, so that a new plan is due */
export async function applyAction(
  context: ApplyContext,
  { agent, action }: { agent: AgentRow; action: Action },
): Promise<boolean> {
  switch (action.type) {
    case 'create':
      return createMachine(context, { agent, place: action });
    case 'boot':
      beginBoot(context, { agent, machineId: action.machineId });
      return false;
    case 'drain':
      return drainMachine(context, { agent, ...action });
    case 'stop':
      return stopMachine(context, { agent, ...action });
    case 'clear':
      clearMachine(context, { agent, machineId: action.machineId });
      return false;
    case 'forget':
      forgetMachine(context, { agent, machineId: action.machineId });
      return false;
    case 'drop_slot':
      await context.store.slots.remove({ agentId: agent.id, ...action });
      return true;
    case 'remove_agent':
      return removeAgent(context, agent);
  }
}

/** The row comes before the machine: whatever is on the host can be found in the store. */
async function createMachine(
  context: FleetContext,
  request: { agent: AgentRow; place: Extract<Action, { type: 'create' }> },
): Promise<boolean> {
  const { store, clock } = context;
  const { revision, generation, replica } = request.place;
  return store.transaction(async (tables) => {
    const agent = await tables.agents.find(request.agent.id);
    const wanted = agent && wantedGenerations(agent).find((one) => one.generation === generation);
    // The plan is older than the agent: something else is wanted by now.
    if (agent === undefined || wanted === undefined || replica >= wanted.replicas) return false;
    const place = { workspaceId: agent.workspaceId, agentId: agent.id, generation, replica };
    const others = await tables.machines.listOf(agent.id);
    const taken = others.some(
      (one) => one.generation === generation && one.replica === replica && fillsSlot(one.state),
    );
    const slot = await readSlot(tables, place);
    if (taken || slot.state === 'given_up' || slot.state === 'completed') return false;
    await tables.slots.put({ ...slot, state: 'running', nextStartAtMs: null });
    await tables.machines.insert({
      ...place,
      id: newId('mch', clock.nowMs()),
      revision,
      state: 'starting',
      reason: null,
      onHost: true,
      exit: null,
      createdAtMs: clock.nowMs(),
      startedAtMs: null,
      healthyAtMs: null,
      endedAtMs: null,
    });
    return true;
  });
}

function beginBoot(
  context: ApplyContext,
  { agent, machineId }: { agent: AgentRow; machineId: string },
): void {
  context.tasks.begin({ agentId: agent.id, machineId, work: 'boot' }, async (signal) => {
    const machine = await context.store.machines.find(machineId);
    if (machine?.state !== 'starting' || machine.startedAtMs !== null) return;
    try {
      await bootMachine(context, { agent, machine, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = failureFrom(error);
      context.log.warn({ machineId, agent: agent.name, code: failure.code }, failure.message);
      await recordEnd(context, { machineId, cause: { type: 'not_started', failure } });
    }
  });
}

async function bootMachine(
  context: ApplyContext,
  { agent, machine, signal }: { agent: AgentRow; machine: MachineRow; signal: AbortSignal },
): Promise<void> {
  const { store, machines, images, specs, boots, clock, watches, bootTimeoutMs } = context;
  const spec = await specs.get(agent.id, machine.revision);
  const image = await images.find(spec.image.digest);
  if (image === undefined)
    throw fleetErrors.image_missing(
      `The image of revision ${machine.revision} (${spec.image.digest}) is no longer on this host.`,
    );
  const identity = {
    agent: agent.name,
    revision: machine.revision,
    replica: machine.replica,
  };
  const { process, authority } = await machineProcess(context, { agent, machine, spec });
  const { check } = spec.health;
  const release = await boots.take(signal);
  // Made before the boot, so that what the guest says while it starts is not lost.
  const watch = watches.open({ machine, spec, process });
  try {
    await machines.start({
      machineId: machine.id,
      hostname: hostnameOf(identity),
      ...spec.config.resources,
      rootfsPath: image.rootfsPath,
      port: spec.process.port,
      ...('port' in check && { extraPorts: [check.port] }),
      process,
      ...(authority !== undefined && { egress: { authority } }),
      bootTimeoutMs,
      signal,
    });
  } catch (error) {
    watches.close(machine.id);
    throw error;
  } finally {
    release();
  }
  const startedAtMs = clock.nowMs();
  const running = await store.machines.change(machine.id, { from: ['starting'], startedAtMs });
  if (!running) return watches.close(machine.id);
  await tellMachine(context, machine, { kind: fleetEvents['machine.started'] });
  watch.begin({ startedAtMs, healthy: false });
  // Its end may have been told before it was known to have started.
  const { state } = await machines.inspect(machine.id);
  if (state === 'absent' || state === 'exited')
    await recordEnd(context, { machineId: machine.id, cause: vmmEnded });
}

/** The defaults of agent.yaml, for machines whose revision was undone with its deployment. */
const DEFAULT_DRAIN_TIMEOUT_MS = 30_000;
const DEFAULT_KILL_TIMEOUT_MS = 10_000;

interface EndOfMachine {
  readonly agent: AgentRow;
  readonly machineId: string;
  readonly reason: string;
}

async function drainMachine(context: ApplyContext, end: EndOfMachine): Promise<boolean> {
  const { store, watches, tasks, publish, drain } = context;
  const { agent, machineId, reason } = end;
  const machine = await store.machines.find(machineId);
  if (machine === undefined) return false;
  watches.close(machineId);
  await store.machines.change(machineId, {
    from: statesBefore('draining'),
    state: 'draining',
    reason,
  });
  // The route must have lost the machine before its last calls are waited for.
  await publish(agent.id);
  tasks.begin({ agentId: agent.id, machineId, work: 'drain' }, async () => {
    const spec = await context.specs.find(agent.id, machine.revision);
    const timeoutMs = spec?.config.deploy.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS;
    await drain(machineId, { timeoutMs });
    await store.machines.change(machineId, { from: ['draining'], state: 'stopping' });
  });
  return true;
}

async function stopMachine(context: ApplyContext, end: EndOfMachine): Promise<boolean> {
  const { store, machines, watches, tasks, specs, clock } = context;
  const { agent, machineId, reason } = end;
  const machine = await store.machines.find(machineId);
  if (machine === undefined) return false;
  watches.close(machineId);
  await store.machines.change(machineId, {
    from: statesBefore('stopping'),
    state: 'stopping',
    reason,
  });
  tasks.begin({ agentId: agent.id, machineId, work: 'stop' }, async () => {
    const spec = await specs.find(agent.id, machine.revision);
    const timeoutMs = spec?.config.killTimeoutMs ?? DEFAULT_KILL_TIMEOUT_MS;
    await machines.stop(machineId, { signal: spec?.process.stopSignal ?? 'SIGTERM', timeoutMs });
    const stopped = await store.machines.change(machineId, {
      from: ['stopping'],
      state: 'stopped',
      endedAtMs: clock.nowMs(),
    });
    const kind = fleetEvents['machine.stopped'];
    if (stopped) await tellMachine(context, machine, { kind, attributes: { reason } });
  });
  return true;
}

function clearMachine(
  { store, machines, watches, tasks, outlets }: ApplyContext,
  { agent, machineId }: { agent: AgentRow; machineId: string },
): void {
  watches.close(machineId);
  tasks.begin({ agentId: agent.id, machineId, work: 'clear' }, async () => {
    await machines.remove(machineId, { logs: false });
    outlets?.close(machineId);
    await store.machines.change(machineId, { from: ['stopped', 'failed'], onHost: false });
  });
}

function forgetMachine(
  { store, machines, tasks, outlets }: ApplyContext,
  { agent, machineId }: { agent: AgentRow; machineId: string },
): void {
  tasks.begin({ agentId: agent.id, machineId, work: 'forget' }, async () => {
    await machines.remove(machineId, { logs: true });
    outlets?.close(machineId);
    await store.machines.remove(machineId);
  });
}

async function removeAgent(context: ApplyContext, { id }: AgentRow): Promise<boolean> {
  const removed = await context.store.transaction(async (tables) => {
    const agent = await tables.agents.find(id);
    if (!agent?.deleting || agent.deploymentId !== null) return undefined;
    if ((await tables.machines.listOf(id)).length > 0) return undefined;
    await tables.agents.remove(id);
    await tables.egressRules.removeAll({ workspaceId: agent.workspaceId, agent: agent.name });
    return agent;
  });
  if (removed === undefined) return false;
  context.onRemoved(removed);
  const { workspaceId, name } = removed;
  context.outlets?.forgetAgent({ workspaceId, agent: name });
  const actor = serviceEventActor('fleet');
  context.trail.note({ kind: fleetEvents['agent.removed'], actor, agent: name });
  return true;
}
