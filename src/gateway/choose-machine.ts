/** What the choice reads of a machine. */
export interface MachineLoad {
  readonly machineId: string;
  readonly inFlight: number;
  /** It refused a connection a moment ago: taken only when no other can be. */
  readonly avoidUntilMs: number;
}

/**
 * The machine with the fewest calls in flight, below the limit, that the call has not tried yet.
 * Among equals the first from `turn` on, so that a turn that counts up rotates them.
 * @returns undefined when none has room.
 */
export function chooseMachine<M extends MachineLoad>(
  machines: readonly M[],
  by: {
    readonly hardLimit: number;
    readonly turn: number;
    readonly nowMs: number;
    readonly tried: ReadonlySet<string> | undefined;
  },
): M | undefined {
  let best: M | undefined;
  let bestAvoided = false;
  for (let i = 0; i < machines.length; i++) {
    const machine = machines[(by.turn + i) % machines.length];
    if (machine === undefined || machine.inFlight >= by.hardLimit) continue;
    if (by.tried?.has(machine.machineId)) continue;
    const avoided = machine.avoidUntilMs > by.nowMs;
    if (
      best === undefined ||
      (bestAvoided && !avoided) ||
      (bestAvoided === avoided && machine.inFlight < best.inFlight)
    ) {
      best = machine;
      bestAvoided = avoided;
    }
  }
  return best;
}
