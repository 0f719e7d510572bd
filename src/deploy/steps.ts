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

export interface StepsOptions {
  readonly log: DeploymentLog;
  readonly signal: AbortSignal;
  /** The step is written down before it begins, so that a crash leaves a trace of it. */
  readonly onBegin: (name: string) => Promise<void>;
  readonly around?: AroundStep;
}

export class Steps {
  readonly #options: StepsOptions;
  readonly #done: { name: string; undo: () => Promise<void> }[] = [];

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  async run<T>({ name, act, undo }: Step<T>): Promise<T> {
    const { log, signal, onBegin, around } = this.#options;
    signal.throwIfAborted();
    const beganMs = performance.now();
    const durationMs = () => Math.round(performance.now() - beganMs);
    log.step(name, 'started');
    if (undo !== undefined) this.#done.push({ name, undo });
    try {
      await onBegin(name);
      const result = await (around === undefined ? act() : around(name, act));
      log.step(name, 'done', { durationMs: durationMs() });
      return result;
    } catch (error) {
      log.step(name, 'failed', { durationMs: durationMs(), detail: describeError(error) });
      throw error;
    }
  }

  /** From here on there is no way back. */
  commit(): void {
    this.#done.length = 0;
  }

  /** Undoes what was done, the last first. An undo that fails does not keep the others from it. */
  async undo(onError: (name: string, error: unknown) => void): Promise<void> {
    const { log } = this.#options;
    for (let step = this.#done.pop(); step !== undefined; step = this.#done.pop()) {
      const beganMs = performance.now();
      try {
        await step.undo();
        const durationMs = Math.round(performance.now() - beganMs);
        log.step(step.name, 'undone', { durationMs });
      } catch (error) {
        onError(step.name, error);
      }
    }
  }
}
