import type { MachineStateName } from '../contracts/resources.ts';

/**
 * Every move a machine's state may make. A move is written with `statesBefore`, and the store
 * refuses it unless the machine is in one of those states: an impossible one cannot be written.
 */
export const MACHINE_MOVES = {
  starting: ['healthy', 'unhealthy', 'stopping', 'stopped', 'failed'],
  healthy: ['unhealthy', 'draining', 'stopped', 'failed'],
  // An unhealthy machine is replaced; it does not come back.
  unhealthy: ['draining', 'failed'],
  draining: ['stopping'],
  stopping: ['stopped'],
  stopped: [],
  failed: [],
} as const satisfies Record<MachineStateName, readonly MachineStateName[]>;

const STATES = Object.keys(MACHINE_MOVES) as MachineStateName[];

/** The states from which a machine may move to this one. */
export function statesBefore(state: MachineStateName): readonly MachineStateName[] {
  return STATES.filter((from) =>
    (MACHINE_MOVES[from] as readonly MachineStateName[]).includes(state),
  );
}

/** Fills its slot: no other machine is started beside it. */
export function fillsSlot(state: MachineStateName): boolean {
  return state === 'starting' || state === 'healthy';
}

export function hasEnded(state: MachineStateName): boolean {
  return state === 'stopped' || state === 'failed';
}
