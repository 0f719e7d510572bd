/** Runs the steps of a deployment: each is recorded, and undone in reverse when a later one fails. */
import { describeError } from '../base/errors.ts';
import type { DeploymentLog } from './deployment-log.ts';

/** Wraps the work of a step: tests fail it, or do it twice. */
export type AroundStep = <T>(name: string, act: () => Promise<T>) => Promise<T>;

export interface Step<T> {
  readonly name: string;
  /** May be called again after a crash: what is done already is not done twice. */
  readonly act: () => Promise<T>;
  /** Takes back whatever of it was done, be it nothing. */
  readonly undo?: () => Promise<void>;
}

export interface StepFact {
  readonly step: string;
  readonly state: 'started' | 'done' | 'failed' | 'undone';
  readonly durationMs?: number;
  readonly error?: unknown;
}

export interface StepsOptions {
  readonly log: DeploymentLog;
  readonly signal: AbortSignal;
  /** The step is written down before it begins, so that a crash leaves a trace of it. */
  readonly onBegin: (name: string) => Promise<void>;
  /** What became of each step, for the audit log. */
  readonly onFact: (fact: StepFact) => void;
  readonly around?: AroundStep;
}

export class Steps {
  readonly #options: StepsOptions;
  readonly #done: { name: string; undo: () => Promise<void> }[] = [];

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  async run<T>({ name, act, undo }: Step<T>): Promise<T> {
    const { signal, onBegin, around } = this.#options;
    signal.throwIfAborted();
    const beganMs = performance.now();
    const durationMs = () => Math.round(performance.now() - beganMs);
    this.#tell({ step: name, state: 'started' });
    if (undo !== undefined) this.#done.push({ name, undo });
    try {
      await onBegin(name);
      const result = await (around === undefined ? act() : around(name, act));
      this.#tell({ step: name, state: 'done', durationMs: durationMs() });
      return result;
    } catch (error) {
      this.#tell({ step: name, state: 'failed', durationMs: durationMs(), error });
      throw error;
    }
  }

  #tell(fact: StepFact): void {
    const { step, state, durationMs, error } = fact;
    this.#options.log.step(step, state, {
      ...(durationMs !== undefined && { durationMs }),
      ...(error !== undefined && { detail: describeError(error) }),
    });
    this.#options.onFact(fact);
  }

  /** From here on there is no way back. */
  commit(): void {
    this.#done.length = 0;
  }

  /** Undoes what was done, the last first. An undo that fails does not keep the others from it. */
  async undo(onError: (name: string, error: unknown) => void): Promise<void> {
    for (let step = this.#done.pop(); step !== undefined; step = this.#done.pop()) {
      const beganMs = performance.now();
      try {
        await step.undo();
        const durationMs = Math.round(performance.now() - beganMs);
        this.#tell({ step: step.name, state: 'undone', durationMs });
      } catch (error) {
        onError(step.name, error);
      }
    }
  }
}
