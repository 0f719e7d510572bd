/** When a machine is healthy: a pure state machine over the results of its checks. */

export type HealthCheck =
  | { readonly type: 'http'; readonly method: string; readonly path: string; readonly port: number }
  | { readonly type: 'tcp'; readonly port: number }
  | { readonly type: 'command'; readonly argv: readonly string[] }
  | { readonly type: 'none' };

/** How often a machine is checked and what follows from it; resolved, with nothing left out. */
export interface HealthTiming {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly gracePeriodMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface HealthState {
  readonly phase: 'starting' | 'healthy' | 'unhealthy';
  /** In a row. */
  readonly successes: number;
  /** In a row, after the grace period. */
  readonly failures: number;
  readonly startedAtMs: number;
  /** When a failure was last counted; before the first one, the start. */
  readonly countedAtMs: number;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** What a person should read: `GET /healthz answered 503`. */
  readonly detail: string;
  /** Told apart because its remedy is another. */
  readonly nobodyListens?: boolean;
}

export function startingHealth(startedAtMs: number): HealthState {
  return { phase: 'starting', successes: 0, failures: 0, startedAtMs, countedAtMs: startedAtMs };
}

export function healthAfter(
  state: HealthState,
  { ok, timing, nowMs }: { ok: boolean; timing: HealthTiming; nowMs: number },
): HealthState {
  if (state.phase === 'unhealthy') return state;
  if (ok) {
    const successes = state.successes + 1;
    const phase = successes >= timing.healthyThreshold ? 'healthy' : state.phase;
    return { ...state, phase, successes, failures: 0 };
  }
  if (!failureCounts(state, { timing, nowMs })) return { ...state, successes: 0 };
  const failures = state.failures + 1;
  const phase = failures >= timing.unhealthyThreshold ? 'unhealthy' : state.phase;
  return { ...state, phase, successes: 0, failures, countedAtMs: nowMs };
}

/**
 * As in Docker, the grace period ends with the first success. A starting machine is checked more
 * often than its interval says; the extra checks may find it healthy but never count against it.
 */
function failureCounts(
  state: HealthState,
  { timing, nowMs }: { timing: HealthTiming; nowMs: number },
): boolean {
  if (state.phase !== 'starting') return true;
  if (nowMs - state.startedAtMs < timing.gracePeriodMs) return false;
  return nowMs - state.countedAtMs >= timing.intervalMs;
}

/** While starting, a check that can pass is tried this often, so that no time is lost. */
const EAGER_PROBE_MS = 100;
/** While starting, a check that costs something or cannot pass yet. */
const PATIENT_PROBE_MS = 1_000;

/** Time until the next check. `mayPass`: the port is listened on, and a check is cheap. */
export function nextProbeMs(
  state: HealthState,
  { timing, nowMs, mayPass }: { timing: HealthTiming; nowMs: number; mayPass: boolean },
): number {
  if (state.phase !== 'starting') return timing.intervalMs;
  const graceLeftMs = timing.gracePeriodMs - (nowMs - state.startedAtMs);
  if (graceLeftMs <= 0) return Math.min(timing.intervalMs, PATIENT_PROBE_MS);
  return Math.min(timing.intervalMs, mayPass ? EAGER_PROBE_MS : PATIENT_PROBE_MS, graceLeftMs + 1);
}
