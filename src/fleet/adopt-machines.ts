import { describeError } from '../base/errors.ts';
import type { MachineRow } from '../store/store.ts';
import { fleetEvents } from './events.ts';
import type { FleetContext } from './fleet-context.ts';
import type { HealthWatches } from './health-watches.ts';
import { adoptedProcess } from './machine-process.ts';
import { recordEnd } from './record-end.ts';
import { tellMachine } from './tell-machine.ts';

/** Machines looked at at the same time: each may wait for an answer from its guest. */
const CONCURRENCY = 16;

/**
 * After a restart of swarmd: takes up the machines of the store that still run, writes down those
 * that do not, and removes from the host whatever the store knows nothing of.
 */
export async function adoptMachines(context: FleetContext, watches: HealthWatches): Promise<void> {
  const rows = await context.store.machines.listOnHost();
  await removeUnknown(context, new Set(rows.map(({ id }) => id)));
  const left = [...rows];
  const worker = async () => {
    for (let row = left.shift(); row !== undefined; row = left.shift())
      await adopt(context, { machine: row, watches });
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function removeUnknown(context: FleetContext, known: ReadonlySet<string>): Promise<void> {
  const { machines, store, log } = context;
  for (const machineId of await machines.list()) {
    if (known.has(machineId)) continue;
    // A row without a machine is an ended one, whose log is still shown.
    const logs = (await store.machines.find(machineId)) === undefined;
    log.info({ machineId }, 'removing what is left of a machine that nobody wants');
    await machines.remove(machineId, { logs }).catch((error: unknown) => {
      log.warn({ machineId, error: describeError(error) }, 'it could not be removed');
    });
  }
}

async function adopt(
  context: FleetContext,
  { machine, watches }: { machine: MachineRow; watches: HealthWatches },
): Promise<void> {
  const { machines, log } = context;
  const machineId = machine.id;
  // Never finished booting: the plan boots it again. Ended: the plan clears it.
  const runs = machine.startedAtMs !== null && machine.endedAtMs === null;
  if (!runs) return;
  // Before it is taken up, so that what it says at once is heard.
  await watch(context, { machine, watches });
  const there = await machines.adopt(machineId).catch((error: unknown) => {
    log.warn({ machineId, error: describeError(error) }, 'a machine could not be taken up');
    return false;
  });
  if (there) return tellMachine(context, machine, { kind: fleetEvents['machine.adopted'] });
  watches.close(machineId);
  const failure = {
    code: 'machine_lost',
    message: 'the machine ended while swarmd was not running',
    remedy: 'Another machine takes its place.',
  };
  await recordEnd(context, { machineId, cause: { type: 'lost_with_host', failure } });
}

async function watch(
  context: FleetContext,
  { machine, watches }: { machine: MachineRow; watches: HealthWatches },
): Promise<void> {
  const { specs, store } = context;
  const agent = await store.agents.find(machine.agentId);
  const spec = agent && (await specs.find(machine.agentId, machine.revision));
  if (agent === undefined || spec === undefined) return;
  // Also of one that drains: its calls still go out.
  const process = await adoptedProcess(context, { agent, machine, spec });
  if (machine.state !== 'starting' && machine.state !== 'healthy') return;
  watches.open({ machine, spec, process }).begin({
    startedAtMs: machine.startedAtMs ?? machine.createdAtMs,
    healthy: machine.state === 'healthy',
  });
}
