import { type BurstLimiter, createBurstLimiter } from '../../base/burst-limiter.ts';
import type { Clock } from '../../base/clock.ts';
import type { EgressCaller } from '../../contracts/egress.ts';
import type { EventDraft, Trail } from '../../contracts/trail.ts';
import { egressEvents } from '../events.ts';
import { callerFacts } from './caller-facts.ts';

/** Of one machine in a second; the rest are one event. */
const PER_WINDOW = 20;
const WINDOW_MS = 1_000;
const MAX_MACHINES = 1_000;

/** Events of what was refused: a machine that asks again and again must not fill the disk so. */
export class Refusals {
  readonly #trailOf: (workspaceId: string) => Trail;
  readonly #limiter: BurstLimiter;
  readonly #callers = new Map<string, EgressCaller>();

  constructor(options: {
    readonly trailOf: (workspaceId: string) => Trail;
    readonly clock: Clock;
  }) {
    this.#trailOf = options.trailOf;
    this.#limiter = createBurstLimiter({
      ...{ perWindow: PER_WINDOW, windowMs: WINDOW_MS, maxKeys: MAX_MACHINES },
      clock: options.clock,
      onHeldBack: (machineId, count) => this.#heldBack(machineId, count),
    });
  }

  note(caller: EgressCaller, draft: EventDraft): void {
    if (this.#limiter.take(caller.machineId)) {
      this.#trailOf(caller.workspaceId).note(draft);
      return;
    }
    if (this.#callers.size >= MAX_MACHINES) this.#callers.clear();
    this.#callers.set(caller.machineId, caller);
  }

  close(): void {
    this.#limiter.close();
  }

  #heldBack(machineId: string, count: number): void {
    const caller = this.#callers.get(machineId);
    if (caller === undefined) return;
    this.#callers.delete(machineId);
    this.#trailOf(caller.workspaceId).note({
      kind: egressEvents['egress.calls_refused'],
      ...callerFacts(caller),
      status: 'refused',
      attributes: { count },
    });
  }
}
