import type { Clock } from '../base/clock.ts';
import type { SecretKey } from '../store/store.ts';
import { keyText } from './secret-index.ts';

/** A value that ended may still be on its way, or come back in an answer, for so long. */
export const RETAINED_MS = 10 * 60_000;

export interface HeldVersion {
  readonly version: number;
  readonly value: string;
}

export interface LoadedValues {
  /** undefined: there is no such secret, or its envelope is damaged. */
  readonly current: HeldVersion | undefined;
  readonly ended: readonly {
    readonly version: number;
    readonly value: string;
    readonly endedAtMs: number;
  }[];
}

interface Held {
  readonly users: Set<string>;
  current: HeldVersion | undefined;
  ended: LoadedValues['ended'];
}

/** Values in the clear: only of secrets that a machine may use, and only while it is there. */
export class HeldValues {
  readonly #held = new Map<string, Held>();
  readonly #clock: Clock;
  /** 0: to be found out. */
  #nextEndMs = 0;
  /** Counts changes of any value. */
  changes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isHeld(key: SecretKey): boolean {
    return this.#held.has(keyText(key));
  }

  /** A machine uses it from now on; `loaded` counts when nobody did before. */
  hold(key: SecretKey, { machineId, loaded }: { machineId: string; loaded: LoadedValues }): void {
    const held = this.#held.get(keyText(key));
    if (held === undefined)
      this.#held.set(keyText(key), { users: new Set([machineId]), ...loaded });
    else held.users.add(machineId);
    this.#nextEndMs = 0;
  }

  release(key: SecretKey, machineId: string): void {
    const held = this.#held.get(keyText(key));
    held?.users.delete(machineId);
    if (held?.users.size === 0) this.#held.delete(keyText(key));
  }

  current(key: SecretKey): HeldVersion | undefined {
    return this.#held.get(keyText(key))?.current;
  }

  /** The current value and those that ended not long ago. */
  values(key: SecretKey): readonly string[] {
    const held = this.#held.get(keyText(key));
    if (held === undefined) return [];
    const sinceMs = this.#clock.nowMs() - RETAINED_MS;
    const ended = held.ended.filter(({ endedAtMs }) => endedAtMs > sinceMs);
    return [...(held.current ? [held.current] : []), ...ended].map(({ value }) => value);
  }

  /** Another value takes the place of the current one; undefined: the secret was deleted. */
  replace(key: SecretKey, next: HeldVersion | undefined): void {
    const held = this.#held.get(keyText(key));
    if (held === undefined) return;
    const endedAtMs = this.#clock.nowMs();
    if (held.current !== undefined) held.ended = [...held.ended, { ...held.current, endedAtMs }];
    held.current = next;
    this.#nextEndMs = 0;
    this.changes++;
  }

  /** Costs nothing until one of them has its time. */
  forgetEnded(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#nextEndMs) return;
    const sinceMs = nowMs - RETAINED_MS;
    this.#nextEndMs = Number.POSITIVE_INFINITY;
    for (const held of this.#held.values()) {
      const kept = held.ended.filter(({ endedAtMs }) => endedAtMs > sinceMs);
      for (const { endedAtMs } of kept)
        this.#nextEndMs = Math.min(this.#nextEndMs, endedAtMs + RETAINED_MS);
      if (kept.length === held.ended.length) continue;
      held.ended = kept;
      this.changes++;
    }
  }
}
