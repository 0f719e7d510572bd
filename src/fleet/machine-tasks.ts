import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { sleep } from '../base/wait.ts';
import type { MachineWork } from './plan-machines.ts';

export interface MachineTasksOptions {
  readonly log: Logger;
  readonly retryMs: number;
  /** The work on a machine has ended, well or not: time to look again. */
  readonly onSettled: (agentId: string) => void;
}

interface Task {
  readonly work: MachineWork;
  readonly abort: AbortController;
  readonly settled: Promise<void>;
}

/** The work that goes on, at most one piece for each machine: a new piece ends the one before. */
export class MachineTasks {
  readonly #options: MachineTasksOptions;
  readonly #tasks = new Map<string, Task>();
  #closed = false;

  constructor(options: MachineTasksOptions) {
    this.#options = options;
  }

  /** By machine. */
  under(machineIds: Iterable<string>): ReadonlyMap<string, MachineWork> {
    const under = new Map<string, MachineWork>();
    for (const machineId of machineIds) {
      const task = this.#tasks.get(machineId);
      if (task !== undefined) under.set(machineId, task.work);
    }
    return under;
  }

  begin(
    place: { agentId: string; machineId: string; work: MachineWork },
    act: (signal: AbortSignal) => Promise<void>,
  ): void {
    if (this.#closed) return;
    const { agentId, machineId, work } = place;
    const before = this.#tasks.get(machineId);
    before?.abort.abort(new Error(`${work} takes the place of ${before.work}`));
    const abort = new AbortController();
    const run = async () => {
      await before?.settled;
      try {
        abort.signal.throwIfAborted();
        await act(abort.signal);
      } catch (error) {
        await this.#failed({ machineId, work, error, signal: abort.signal });
      }
      if (this.#tasks.get(machineId) === task) this.#tasks.delete(machineId);
      if (!this.#closed) this.#options.onSettled(agentId);
    };
    // The map must hold the task before any of its work begins.
    const settled = Promise.resolve().then(run);
    const task: Task = { work, abort, settled };
    this.#tasks.set(machineId, task);
  }

  /** Ends what can be ended and waits for it, but not for drains: those have no end to wait for. */
  async close(): Promise<void> {
    this.#closed = true;
    const tasks = [...this.#tasks.values()];
    for (const { abort } of tasks) abort.abort(new Error('swarmd stops'));
    await Promise.all(tasks.filter(({ work }) => work === 'boot').map(({ settled }) => settled));
  }

  async #failed(failure: {
    machineId: string;
    work: MachineWork;
    error: unknown;
    signal: AbortSignal;
  }): Promise<void> {
    const { machineId, work, error, signal } = failure;
    if (signal.aborted || this.#closed) return;
    const { log, retryMs } = this.#options;
    log.warn({ machineId, work, error: describeError(error) }, 'work on a machine failed');
    // The plan asks for it again; the wait keeps a lasting failure from becoming a busy loop.
    await sleep(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
