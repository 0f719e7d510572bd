/** Every machine is stopped on purpose: with "swarm down --machines". */
import { describeError } from '../base/errors.ts';
import { fleetEvents } from './events.ts';
import type { FleetContext } from './fleet-context.ts';
import { statesBefore } from './machine-moves.ts';
import { tellMachine } from './tell-machine.ts';

/** So many at once: each one that stops is work for the host. */
const AT_ONCE = 8;
/** For machines that the store knows nothing of, as in agent.yaml. */
const DEFAULT_KILL_TIMEOUT_MS = 10_000;
const REASON = 'stopped together with swarmd';

/**
 * Stops every machine of the host, gracefully and then by force, and leaves nothing of it but its
 * log. It is written down before it is done, so that the next swarmd takes no stop for a failure:
 * it starts new machines where they are wanted. Call it when nothing is reconciled any more.
 */
export async function stopAllMachines(context: FleetContext): Promise<void> {
  const { machines, log } = context;
  const waiting = [...(await machines.list())];
  log.info({ count: waiting.length }, 'stopping all machines');
  const stopNext = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
      await stopOne(context, id).catch((error: unknown) =>
        log.error({ machineId: id, error: describeError(error) }, 'not stopped'),
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, stopNext));
}

async function stopOne(context: FleetContext, machineId: string): Promise<void> {
  const { store, machines, specs, clock } = context;
  const row = await store.machines.find(machineId);
  const spec = row && (await specs.find(row.agentId, row.revision));
  // Two moves: the calls of a healthy one are gone with the gateway, so its drain is over at once.
  for (const state of ['draining', 'stopping'] as const)
    await store.machines.change(machineId, { from: statesBefore(state), state, reason: REASON });
  await machines.stop(machineId, {
    signal: spec?.process.stopSignal ?? 'SIGTERM',
    timeoutMs: spec?.config.killTimeoutMs ?? DEFAULT_KILL_TIMEOUT_MS,
  });
  const endedAtMs = clock.nowMs();
  await store.machines.change(machineId, { from: ['stopping'], state: 'stopped', endedAtMs });
  const kind = fleetEvents['machine.stopped'];
  if (row) await tellMachine(context, row, { kind, attributes: { reason: REASON } });
  await machines.remove(machineId, { logs: false });
  await store.machines.change(machineId, { from: ['stopped', 'failed'], onHost: false });
}
