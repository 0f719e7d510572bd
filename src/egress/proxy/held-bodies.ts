/** How much of request bodies is in memory at once: one machine must not take that of all. */
export interface HeldLimits {
  /** Of one machine. */
  readonly maxHeldBytes: number;
  readonly maxHeldBytesOfAll: number;
}

/** What one call holds, until it ends. */
export interface BodyLease {
  /** @returns false: there is no room for so many more */
  take(bytes: number): boolean;
  /** Idempotent. */
  release(): void;
}

export class HeldBodies {
  readonly #limits: HeldLimits;
  readonly #ofMachine = new Map<string, number>();
  #ofAll = 0;

  constructor(limits: HeldLimits) {
    this.#limits = limits;
  }

  lease(machineId: string): BodyLease {
    let held = 0;
    const add = (bytes: number) => {
      held += bytes;
      this.#ofAll += bytes;
      const its = (this.#ofMachine.get(machineId) ?? 0) + bytes;
      if (its === 0) this.#ofMachine.delete(machineId);
      else this.#ofMachine.set(machineId, its);
    };
    return {
      take: (bytes) => {
        const its = (this.#ofMachine.get(machineId) ?? 0) + bytes;
        const { maxHeldBytes, maxHeldBytesOfAll } = this.#limits;
        if (its > maxHeldBytes || this.#ofAll + bytes > maxHeldBytesOfAll) return false;
        add(bytes);
        return true;
      },
      release: () => add(-held),
    };
  }
}
