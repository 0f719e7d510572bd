import { type ErrorOptions, errorCatalogue, SwarmError } from '../base/errors.ts';
import { fleetErrors, type RolloutStatus, type Rollouts } from '../fleet/fleet.ts';
import { deployErrors } from './errors.ts';
import { describeWait, type Judgement, judgeRollout } from './judge-rollout.ts';

export interface RolloutWait {
  readonly rollouts: Rollouts;
  readonly agentId: string;
  readonly generation: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A failed rollout, with the machine whose log says more. */
export class RolloutFailure extends Error {
  readonly failure: SwarmError;
  readonly machineId: string | undefined;

  constructor(failure: SwarmError, machineId: string | undefined) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.machineId = machineId;
  }
}

/**
 * Waits until every replica is healthy; ends early when that is not to be expected.
 * @throws RolloutFailure, or the signal's reason
 */
export async function waitUntilHealthy(
  wait: RolloutWait & {
    readonly onProgress: (progress: { healthy: number; of: number; detail: string }) => void;
  },
): Promise<void> {
  const ended = await waitForStatus(wait, (status) => {
    const judgement = judgeRollout(status);
    if (judgement.type === 'failed')
      throw new RolloutFailure(errorOf(judgement), judgement.machineId);
    if (judgement.type === 'healthy') return true;
    const { healthy, detail } = judgement;
    wait.onProgress({ healthy, of: status.slots.length, detail });
    return false;
  });
  if (ended.done) return;
  const { slots } = ended.status;
  const late = slots.find(({ machine }) => machine?.state !== 'healthy');
  const message = `Not every replica was healthy within ${wait.timeoutMs / 1000} s: ${describeWait(ended.status)}.`;
  const options = { details: { replica: late?.replica, lastCheck: late?.lastProbe?.detail } };
  const error =
    late?.lastProbe?.nobodyListens === true
      ? fleetErrors.nobody_listens(message, options)
      : deployErrors.deploy_timeout(message, options);
  throw new RolloutFailure(error, late?.machine?.id);
}

/** Waits until nothing is left on the host of the machines of other generations. */
export async function waitUntilRetired(wait: RolloutWait): Promise<boolean> {
  const ended = await waitForStatus(wait, ({ others }) => others === 0);
  return ended.done;
}

async function waitForStatus(
  { rollouts, agentId, generation, timeoutMs, signal }: RolloutWait,
  isDone: (status: RolloutStatus) => boolean,
): Promise<{ done: boolean; status: RolloutStatus }> {
  const deadlineMs = performance.now() + timeoutMs;
  let news = false;
  let wake = () => {};
  const stop = rollouts.onChange(agentId, () => {
    news = true;
    wake();
  });
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      news = false;
      const status = await rollouts.status({ agentId, generation });
      if (isDone(status)) return { done: true, status };
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return { done: false, status };
      if (news || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, LOOK_AGAIN_MS));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}

/** For what changes without an event, such as the result of a health check. */
const LOOK_AGAIN_MS = 1_000;

function errorOf(judgement: Extract<Judgement, { type: 'failed' }>): SwarmError {
  const { code, message, remedy, details } = judgement;
  const options: ErrorOptions = { remedy, details };
  // The code may be another area's, such as machine_boot_failed.
  const status = errorCatalogue().get(code)?.status ?? 500;
  return new SwarmError(code, { status, remedy }, message, options);
}
