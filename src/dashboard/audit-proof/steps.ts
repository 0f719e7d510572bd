import { ProofProblem } from './proof-problem.ts';

/** One thing that was checked, as the page shows it. */
export interface Step {
  readonly title: string;
  /**
   * note: it fits, with something to know; skipped: there was nothing to check it against;
   * unchecked: it could not be looked at, which says nothing about it; failed: it does not fit.
   */
  readonly state: 'ok' | 'note' | 'skipped' | 'unchecked' | 'failed';
  /** What was found: a hash, a size, a name. */
  readonly value?: string;
  /** What that means, in a sentence. */
  readonly why: string;
}

/** proven: all fits; unproven: not all could be looked at; wrong: something does not fit. */
export type Verdict = 'proven' | 'unproven' | 'wrong';

export type Found = Omit<Step, 'title' | 'state'> & { readonly state?: 'note' | 'skipped' };

/** Carries steps out one after the other and tells each as it ends. */
export class StepList {
  readonly steps: Step[] = [];
  readonly #told: (step: Step) => void;

  constructor(told: (step: Step) => void) {
    this.#told = told;
  }

  /** @returns undefined when the step failed, of which the list then tells */
  async check<T>(title: string, act: () => Promise<readonly [T, Found]>): Promise<T | undefined> {
    try {
      const [value, found] = await act();
      this.#tell({ title, state: 'ok', ...found });
      return value;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#tell({ title, state: error instanceof ProofProblem ? 'failed' : 'unchecked', why });
      return undefined;
    }
  }

  verdict(): Verdict {
    if (this.steps.some(({ state }) => state === 'failed')) return 'wrong';
    return this.steps.some(({ state }) => state === 'unchecked') ? 'unproven' : 'proven';
  }

  #tell(step: Step): void {
    this.steps.push(step);
    this.#told(step);
  }
}
