import { describeError } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import type { DeploymentEvent, Problem } from '../contracts/resources.ts';
import type { DeploymentRow } from '../store/store.ts';
import type { DeployContext } from './deploy-context.ts';
import { DeploymentLog } from './deployment-log.ts';
import { deployErrors } from './errors.ts';
import { deployEvents } from './events.ts';
import { readLogTail } from './log-tail.ts';
import { deploymentResourceOf, problemOf } from './resources.ts';
import { type DeploymentRun, runDeployment } from './run-deployment.ts';
import { type AroundStep, Steps } from './steps.ts';
import { tellDeployment, tellStep } from './tell-deployment.ts';
import { RolloutFailure } from './wait-for-rollout.ts';

export type RunContent = NonNullable<DeploymentRun['content']>;

interface LiveRun {
  readonly agentId: string;
  readonly abort: AbortController;
  readonly log: Promise<DeploymentLog>;
  readonly ended: Promise<void>;
}

interface Ending {
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly error: Problem | null;
}

/** Reason of an abort that leaves the deployment to the next swarmd. */
const CLOSING = Symbol('swarmd stops');
const CANCEL_WAIT_MS = 60_000;
/** A reader looks into the store this often even when it is told nothing. */
const READ_AGAIN_MS = 1_000;
const EVENTS_PER_READ = 500;
const FINISH_AGAIN_MS = 1_000;
const DEPLOYMENTS_KEPT_MS = 90 * 24 * 60 * 60_000;

/** The deployments that are under way in this process, at most one for each agent. */
export class DeploymentRuns {
  readonly #context: DeployContext;
  readonly #around: AroundStep | undefined;
  readonly #live = new Map<string, LiveRun>();
  readonly #stopListening: () => void;
  #closed = false;

  constructor(context: DeployContext, around: AroundStep | undefined) {
    this.#context = context;
    this.#around = around;
    this.#stopListening = context.fleet.rollouts.onDeleting((agentId) => {
      for (const run of this.#live.values())
        if (run.agentId === agentId)
          run.abort.abort(deployErrors.deployment_cancelled('The agent is being deleted.'));
    });
  }

  begin(what: {
    deployment: DeploymentRow;
    content: RunContent | undefined;
    replicas: number | undefined;
  }): void {
    const { deployment } = what;
    const abort = new AbortController();
    const log = this.#openLog(deployment);
    const ended = this.#run({ ...what, abort, log }).catch((error: unknown) => {
      if (abort.signal.reason === CLOSING) return;
      const { id } = deployment;
      this.#context.log.error({ deployment: id, error }, 'a deployment could not be ended');
    });
    this.#live.set(deployment.id, { agentId: deployment.agentId, abort, log, ended });
  }

  async cancel(deployment: DeploymentRow, why: string): Promise<void> {
    const { id, workspaceId, finishedAtMs } = deployment;
    const run = this.#live.get(id);
    if (finishedAtMs !== null || run === undefined)
      throw deployErrors.deployment_finished(`The deployment ${id} has finished already.`);
    const now = await this.#context.store.deployments.find(workspaceId, id);
    if (now?.step === 'retire')
      throw deployErrors.deployment_past_cancel(
        `The deployment ${id} cannot be cancelled: the new revision gets the calls already.`,
      );
    run.abort.abort(deployErrors.deployment_cancelled(`The deployment was ${why}.`));
    await Promise.race([run.ended, sleep(CANCEL_WAIT_MS, undefined, { ref: false })]);
  }

  /** What is stored after `afterSeq`, then what comes, up to the event `finished`. */
  async *events(query: {
    deploymentId: string;
    afterSeq: number;
    signal: AbortSignal;
  }): AsyncGenerator<DeploymentEvent> {
    const { deploymentId, signal } = query;
    const { store } = this.#context;
    let { afterSeq } = query;
    while (!signal.aborted) {
      const run = this.#live.get(deploymentId);
      const news = await this.#news(run, signal);
      try {
        const limit = EVENTS_PER_READ;
        const events = await store.deployments.events(deploymentId, { afterSeq, limit });
        for (const event of events) {
          yield event;
          afterSeq = event.seq;
          if (event.type === 'finished') return;
        }
        if (events.length > 0) continue;
        // Nothing more will come of one that nobody works on.
        if (run === undefined) return;
        await news.arrived;
      } finally {
        news.stop();
      }
    }
  }

  /** Deployments that a crash interrupted: carried on where the revision is known, else failed. */
  async recover(): Promise<void> {
    const { store, clock } = this.#context;
    await store.deployments.prune({ endedBeforeMs: clock.nowMs() - DEPLOYMENTS_KEPT_MS });
    for (const deployment of await store.deployments.unfinished()) {
      if (this.#live.has(deployment.id)) continue;
      const { replicas } = deployment.request as { replicas?: number };
      this.begin({ deployment, content: undefined, replicas });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    const runs = [...this.#live.values()];
    for (const { abort } of runs) abort.abort(CLOSING);
    await Promise.all(runs.map(({ ended }) => ended));
  }

  async #openLog(deployment: DeploymentRow): Promise<DeploymentLog> {
    const { store, clock, log } = this.#context;
    const lastSeq = await store.deployments.lastEventSeq(deployment.id);
    return new DeploymentLog({ store, clock, log, deployment, lastSeq });
  }

  async #news(
    run: LiveRun | undefined,
    signal: AbortSignal,
  ): Promise<{ arrived: Promise<void>; stop: () => void }> {
    const log = await run?.log;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const stopListening = log?.onNews(wake);
    const timer = setTimeout(wake, READ_AGAIN_MS);
    signal.addEventListener('abort', wake);
    const stop = () => {
      clearTimeout(timer);
      stopListening?.();
      signal.removeEventListener('abort', wake);
    };
    return { arrived: promise, stop };
  }

  async #run(what: {
    deployment: DeploymentRow;
    content: RunContent | undefined;
    replicas: number | undefined;
    abort: AbortController;
    log: Promise<DeploymentLog>;
  }): Promise<void> {
    const { deployment, content, replicas, abort } = what;
    const { signal } = abort;
    const { store, digestsInUse } = this.#context;
    const log = await what.log;
    const steps = new Steps({
      log,
      signal,
      onBegin: (step) => store.deployments.update(deployment.id, { state: 'running', step }),
      onFact: (fact) => tellStep(this.#context, deployment, fact),
      ...(this.#around && { around: this.#around }),
    });
    const { kind: move } = deployment;
    const kind = deployEvents['deployment.begun'];
    tellDeployment(this.#context, deployment, { kind, attributes: { move } });
    try {
      await this.#attempt({
        deployment,
        ...(content && { content }),
        replicas,
        log,
        steps,
        signal,
      });
    } finally {
      digestsInUse.delete(deployment.id);
      this.#live.delete(deployment.id);
      await log.flush();
      log.tell();
    }
  }

  async #attempt(run: DeploymentRun): Promise<void> {
    const { signal, steps, log, deployment } = run;
    let ending: Ending = { state: 'succeeded', error: null };
    try {
      await runDeployment(this.#context, run);
    } catch (error) {
      // The next swarmd carries on: nothing is undone.
      if (signal.reason === CLOSING) return;
      ending = await this.#endingOf(run, error);
      await steps.undo((step, cause) => {
        log.line('swarm', `step ${step} could not be undone: ${describeError(cause)}`);
        this.#context.log.error({ deployment: deployment.id, step, cause }, 'undo failed');
      });
    }
    await this.#finishSurely(run, ending);
  }

  /** The agent takes no other deployment until this one's end is written: a full disk passes. */
  async #finishSurely(run: DeploymentRun, ending: Ending): Promise<void> {
    const { deployment, signal } = run;
    for (;;) {
      try {
        return await this.#finish(run, ending);
      } catch (error) {
        // The next swarmd takes it up.
        if (signal.reason === CLOSING || this.#closed) return;
        const { id } = deployment;
        this.#context.log.error({ deployment: id, error }, 'its end could not be written yet');
        await sleep(FINISH_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  async #endingOf(
    { signal, log, deployment }: DeploymentRun,
    error: unknown,
  ): Promise<{ state: 'failed' | 'cancelled'; error: Problem }> {
    if (signal.aborted) return { state: 'cancelled', error: problemOf(signal.reason) };
    const problem = problemOf(error);
    if (problem.code === 'deployment_failed')
      this.#context.log.error({ deployment: deployment.id, error }, 'a deployment failed oddly');
    if (!(error instanceof RolloutFailure) || error.machineId === undefined)
      return { state: 'failed', error: problem };
    const { machineId } = error;
    const lines = await readLogTail(this.#context.machines, machineId).catch(() => []);
    for (const line of lines) log.line('agent', line);
    return { state: 'failed', error: problemOf(error, { machineId, log: lines }) };
  }

  /** One transaction: the deployment has ended, and the agent is free for the next one. */
  async #finish({ deployment, log }: DeploymentRun, ending: Ending): Promise<void> {
    const { store, clock, fleet } = this.#context;
    await log.flush();
    await store.transaction(async (tables) => {
      const { id, workspaceId, agentId, createsAgent } = deployment;
      const nowMs = clock.nowMs();
      await tables.deployments.update(id, { ...ending, finishedAtMs: nowMs });
      const agent = await tables.agents.find(agentId);
      if (agent?.deploymentId === id) {
        // An agent that was made for a deployment that failed goes again, with all its traces.
        const goes = createsAgent && agent.active === null;
        await tables.agents.update(agentId, {
          deploymentId: null,
          ...(goes && { deleting: true as const }),
          nowMs,
        });
      }
      const row = await tables.deployments.find(workspaceId, id);
      if (row === undefined) return;
      const event = { type: 'finished', ...log.next(), deployment: deploymentResourceOf(row) };
      await tables.deployments.appendEvents(deployment, [event as DeploymentEvent]);
    });
    fleet.rollouts.look(deployment.agentId);
    log.tell();
    const { state, error } = ending;
    tellDeployment(this.#context, deployment, {
      kind: deployEvents['deployment.ended'],
      status: state === 'succeeded' ? 'ok' : 'error',
      ...(error && { error: { code: error.code, message: error.detail.slice(0, 500) } }),
      attributes: { state },
    });
  }
}
