/** A trail in memory whose durability a test holds back or refuses. */
import { SwarmError } from '../base/errors.ts';
import type { EventDraft, EventOutcome, OpenEvent, Trail } from '../contracts/trail.ts';

export interface FakeEvent {
  readonly phase: 'whole' | 'intent';
  readonly draft: EventDraft;
  outcome?: EventOutcome;
}

export class FakeTrail implements Trail {
  readonly events: FakeEvent[] = [];
  readonly notes: EventDraft[] = [];
  available = true;
  /** Intents wait for `release`. */
  held = false;
  #waiting: (() => void)[] = [];

  release(): void {
    this.held = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async record(draft: EventDraft): Promise<void> {
    this.#check();
    this.events.push({ phase: 'whole', draft });
  }

  async begin(draft: EventDraft): Promise<OpenEvent> {
    const event: FakeEvent = { phase: 'intent', draft };
    this.events.push(event);
    if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#check();
    return {
      id: `evt_${this.events.length}`,
      async complete(outcome) {
        if (event.outcome !== undefined) throw new Error('completed twice');
        event.outcome = outcome;
      },
    };
  }

  note(draft: EventDraft): void {
    this.notes.push(draft);
  }

  state() {
    return this.available
      ? ({ available: true } as const)
      : ({ available: false, reason: 'the disk is full' } as const);
  }

  #check(): void {
    if (this.available) return;
    const declaration = { status: 503, remedy: 'Free disk space.' };
    throw new SwarmError('audit_unavailable', declaration, 'The disk is full.');
  }
}
