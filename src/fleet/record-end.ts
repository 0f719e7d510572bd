import { SwarmError } from '../base/errors.ts';
import type { MachineExit, SlotFailure, SlotRow, Tables } from '../store/store.ts';
import type { FleetContext } from './fleet-context.ts';
import { hasEnded, statesBefore } from './machine-moves.ts';
import { type EndCause, judgeEnd } from './restart.ts';
import { tellVerdict } from './tell-machine.ts';

export function newSlot(place: {
  workspaceId: string;
  agentId: string;
  generation: number;
  replica: number;
}): SlotRow {
  const { workspaceId, agentId, generation, replica } = place;
  return {
    workspaceId,
    agentId,
    generation,
    replica,
    state: 'running',
    failures: 0,
    restarts: 0,
    nextStartAtMs: null,
    reason: null,
    failure: null,
  };
}

export async function readSlot(
  tables: Tables,
  place: { workspaceId: string; agentId: string; generation: number; replica: number },
): Promise<SlotRow> {
  const slots = await tables.slots.listOf(place.agentId);
  const found = slots.find(
    ({ generation, replica }) => generation === place.generation && replica === place.replica,
  );
  return found ?? newSlot(place);
}

/** What an error means for a slot. */
export function failureFrom(error: unknown): Omit<SlotFailure, 'machineId'> {
  if (error instanceof SwarmError) {
    const { code, message, remedy, details } = error;
    return { code, message, remedy, details };
  }
  return {
    code: 'machine_failed',
    message: `the machine failed: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'The log of swarmd has the details.',
  };
}

export const vmmEnded: EndCause = {
  type: 'vmm_ended',
  failure: {
    code: 'machine_lost',
    message: 'the machine ended without a word: its VMM is gone',
    remedy: 'Another machine takes its place.',
  },
};

/**
 * Writes that a machine ended, or became unhealthy, and what its slot does next, together.
 * Told twice, or about one that is being stopped, it changes nothing but the recorded exit.
 */
export async function recordEnd(
  context: FleetContext,
  { machineId, cause }: { machineId: string; cause: EndCause },
): Promise<void> {
  const { store, specs, clock, random } = context;
  const found = await store.machines.find(machineId);
  if (found === undefined || hasEnded(found.state)) return;
  const spec = await specs.find(found.agentId, found.revision);
  // Its revision was undone with its deployment: nothing will be started in its place.
  const restart = spec?.config.restart ?? { policy: 'never', retries: 0 };
  const exit = cause.type === 'exit' ? exitOf(cause.exit) : null;
  const judged = await store.transaction(async (tables) => {
    const machine = await tables.machines.find(machineId);
    if (machine === undefined) return undefined;
    if (machine.state !== 'starting' && machine.state !== 'healthy') {
      await recordLateExit(tables, { machineId, exit, nowMs: clock.nowMs(), cause });
      return undefined;
    }
    const verdict = judgeEnd({
      machine,
      slot: await readSlot(tables, machine),
      restart,
      cause,
      nowMs: clock.nowMs(),
      random: random(),
    });
    const state = verdict.machineState;
    await tables.machines.change(machineId, {
      from: statesBefore(state),
      state,
      reason: verdict.reason,
      ...(exit && { exit }),
      ...(state !== 'unhealthy' && { endedAtMs: clock.nowMs() }),
    });
    await tables.slots.put(verdict.slot);
    context.log.info({ machineId, state, reason: verdict.reason }, 'a machine ended or failed');
    return verdict;
  });
  if (judged !== undefined) await tellVerdict(context, found, { verdict: judged, exit });
}

/** Its slot was judged before, or it was being stopped: only the facts are kept. */
async function recordLateExit(
  tables: Tables,
  facts: { machineId: string; exit: MachineExit | null; nowMs: number; cause: EndCause },
): Promise<void> {
  const { machineId, exit, nowMs, cause } = facts;
  if (exit !== null)
    await tables.machines.change(machineId, {
      from: ['unhealthy', 'draining', 'stopping'],
      exit,
    });
  if (cause.type !== 'unhealthy')
    await tables.machines.change(machineId, {
      from: ['unhealthy'],
      state: 'failed',
      endedAtMs: nowMs,
    });
}

function exitOf({ exitCode, signal, oomKilled }: MachineExit): MachineExit {
  return { exitCode, signal, oomKilled };
}
