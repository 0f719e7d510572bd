/** Intents and completions across segments: each completion has an intent, each intent one at most. */
import type { Findings } from './findings.ts';
import type { HalfAction, SegmentResult } from './segment-job.ts';

export class Halves {
  readonly #open = new Map<number, string>();
  readonly #late: HalfAction[] = [];

  /** In the order of the log. */
  add(result: SegmentResult): void {
    for (const completion of result.completions) {
      if (this.#open.get(completion.intent) === completion.id) this.#open.delete(completion.intent);
      else this.#late.push(completion);
    }
    for (const intent of result.openIntents) this.#open.set(intent.seq, intent.id);
  }

  /** @param isErased whether nobody can say any more what an entry was */
  finish(findings: Findings, isErased: (seq: number) => boolean): void {
    const seen = new Set<number>();
    for (const { seq, id, intent } of this.#late) {
      if (isErased(intent) && !seen.has(intent)) {
        seen.add(intent);
        continue;
      }
      const message = `it completes ${intent}, which is no intent with the id ${id} that is still open`;
      findings.add({ code: 'completion_without_intent', message, seq });
    }
  }

  /** Intents that no entry completes. */
  get openCount(): number {
    return this.#open.size;
  }
}
