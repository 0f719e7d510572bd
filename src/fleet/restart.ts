/** What follows when a machine ends or fails: pure. */
import type { AgentConfig } from '../contracts/agent-config.ts';
import type { MachineExit, MachineRow, SlotFailure, SlotRow } from '../store/store.ts';

export const BACKOFF_FIRST_MS = 1_000;
export const BACKOFF_MAX_MS = 60_000;
/** Each wait is up to this part longer or shorter, so that replicas do not start in step. */
export const BACKOFF_JITTER = 0.2;
export const LONGEST_BACKOFF_MS = BACKOFF_MAX_MS * (1 + BACKOFF_JITTER);
/** A machine that was healthy for so long has proved itself: failures count from 0 again. */
export const FAILURES_FORGIVEN_AFTER_MS = 10 * 60_000;

/**
 * The first failure in a row is answered at once, the n-th after 2^(n-2) s, at most 60 s.
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  if (failures <= 1) return 0;
  const plain = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 2, 20));
  return Math.round(plain * (1 + BACKOFF_JITTER * (2 * random - 1)));
}

export function describeExit(exit: MachineExit): string {
  if (exit.oomKilled) return 'out of memory: the kernel killed the process';
  if (exit.signal !== null) return `the process was ended by ${exit.signal}`;
  return `the process exited with code ${exit.exitCode}`;
}

export type EndCause =
  | { readonly type: 'exit'; readonly exit: MachineExit }
  /** The host took it away, as in a reboot: not the agent's doing. */
  | { readonly type: 'lost_with_host'; readonly failure: Omit<SlotFailure, 'machineId'> }
  /** Booting or starting the process did not work: the agent has not run. */
  | { readonly type: 'not_started'; readonly failure: Omit<SlotFailure, 'machineId'> }
  | { readonly type: 'unhealthy'; readonly failure: Omit<SlotFailure, 'machineId'> }
  | { readonly type: 'vmm_ended'; readonly failure: Omit<SlotFailure, 'machineId'> };

export interface Verdict {
  readonly machineState: 'stopped' | 'failed' | 'unhealthy';
  readonly reason: string;
  readonly slot: SlotRow;
}

/** Judges the end of a machine that should run, by the restart policy of its revision. */
export function judgeEnd(situation: {
  machine: Pick<MachineRow, 'id' | 'healthyAtMs'>;
  slot: SlotRow;
  restart: AgentConfig['restart'];
  cause: EndCause;
  nowMs: number;
  random: number;
}): Verdict {
  const { machine, slot, restart, cause, nowMs, random } = situation;
  if (cause.type === 'exit' && cause.exit.exitCode === 0 && restart.policy !== 'always') {
    const reason = 'the process ended with code 0';
    return {
      machineState: 'stopped',
      reason,
      slot: {
        ...slot,
        state: 'completed',
        failures: 0,
        nextStartAtMs: null,
        reason,
        failure: null,
      },
    };
  }
  const failure = failureOf(cause, machine.id);
  const machineState = cause.type === 'unhealthy' ? 'unhealthy' : 'failed';
  const verdict = (change: Partial<SlotRow>): Verdict => ({
    machineState,
    reason: failure.message,
    slot: { ...slot, nextStartAtMs: null, reason: failure.message, failure, ...change },
  });
  const forgiven =
    machine.healthyAtMs !== null && nowMs - machine.healthyAtMs >= FAILURES_FORGIVEN_AFTER_MS;
  const counted = cause.type === 'lost_with_host' ? 0 : 1;
  const failures = (forgiven ? 0 : slot.failures) + counted;
  if (restart.policy === 'never' && cause.type !== 'not_started')
    return verdict({
      state: 'given_up',
      failures,
      reason: `${failure.message}; the restart policy is "never"`,
    });
  if (counted > 0 && failures > restart.retries)
    return verdict({
      state: 'given_up',
      failures,
      reason: `given up after ${failures} failures in a row: ${failure.message}`,
    });
  // A start that did not work was tried more than once already, or cannot work at all.
  const inRow = cause.type === 'not_started' ? failures + 1 : failures;
  const delayMs = counted === 0 ? 0 : backoffMs(inRow, random);
  return verdict({
    state: delayMs === 0 ? 'running' : 'waiting',
    failures,
    restarts: slot.restarts + 1,
    nextStartAtMs: delayMs === 0 ? null : nowMs + delayMs,
  });
}

function failureOf(cause: EndCause, machineId: string): SlotFailure {
  if (cause.type !== 'exit') return { ...cause.failure, machineId };
  const { exitCode, signal, oomKilled } = cause.exit;
  return {
    code: 'agent_exits',
    message: describeExit(cause.exit),
    remedy: oomKilled
      ? 'Give it more memory (spec.resources.memory), or let it use less.'
      : 'The last lines of its log say why.',
    machineId,
    details: { exitCode, signal, oomKilled },
  };
}
