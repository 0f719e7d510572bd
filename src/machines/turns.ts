/** Lets operations on the same machine come one after the other, in the order they were asked for. */
export interface Turns {
  /** Runs `act` when all earlier ones for the machine have settled, whatever became of them. */
  inTurn<T>(machineId: string, act: () => Promise<T>): Promise<T>;
  /** Resolves when those asked for so far have settled. */
  settled(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    inTurn(machineId, act) {
      const before = last.get(machineId) ?? Promise.resolve();
      const turn = before.then(act, act);
      const settled = turn
        .catch(() => undefined)
        .finally(() => {
          if (last.get(machineId) === settled) last.delete(machineId);
        });
      last.set(machineId, settled);
      return turn;
    },
    async settled() {
      await Promise.all([...last.values()]);
    },
  };
}
