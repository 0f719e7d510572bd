/** When a machine is healthy: a pure state machine over the results of its checks. */
import type { AgentConfig, HealthConfig } from '../contracts/agent-config.ts';
import type { ImageConfig } from '../images/images.ts';

export type HealthCheck =
  | { readonly type: 'http'; readonly method: string; readonly path: string; readonly port: number }
  | { readonly type: 'tcp'; readonly port: number }
  | { readonly type: 'command'; readonly argv: readonly string[] }
  | { readonly type: 'none' };

/** What agent.yaml says comes before the image's HEALTHCHECK, that before a plain connection. */
export function healthCheckOf(
  image: ImageConfig,
  { config, port: agentPort }: { config: AgentConfig; port: number },
): HealthCheck {
  const { health } = config;
  const port = health.port ?? agentPort;
  const fromImage = imageCommand(image);
  const http = { type: 'http', method: health.method, path: health.path ?? '/', port } as const;
  const tcp = { type: 'tcp', port } as const;
  const argv = health.command ?? fromImage;
  switch (health.type) {
    case 'none':
      return { type: 'none' };
    case 'http':
      return http;
    case 'tcp':
      return tcp;
    case 'command':
      return argv === undefined ? tcp : { type: 'command', argv };
    default:
      if (health.command !== undefined) return { type: 'command', argv: health.command };
      if (health.path !== undefined) return http;
      return fromImage === undefined ? tcp : { type: 'command', argv: fromImage };
  }
}

function imageCommand(image: ImageConfig): readonly string[] | undefined {
  const [kind, ...rest] = image.healthcheck?.test ?? [];
  if (rest.length === 0) return undefined;
  if (kind === 'CMD') return rest;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : undefined;
}

export interface HealthState {
  readonly phase: 'starting' | 'healthy' | 'unhealthy';
  /** In a row. */
  readonly successes: number;
  /** In a row, after the grace period. */
  readonly failures: number;
  readonly startedAtMs: number;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** What a person should read: `GET /healthz answered 503`. */
  readonly detail: string;
  /** Told apart because its remedy is another. */
  readonly nobodyListens?: boolean;
}

export function startingHealth(startedAtMs: number): HealthState {
  return { phase: 'starting', successes: 0, failures: 0, startedAtMs };
}

export function healthAfter(
  state: HealthState,
  { ok, config, nowMs }: { ok: boolean; config: HealthConfig; nowMs: number },
): HealthState {
  if (state.phase === 'unhealthy') return state;
  if (ok) {
    const successes = state.successes + 1;
    const phase = successes >= config.healthyThreshold ? 'healthy' : state.phase;
    return { ...state, phase, successes, failures: 0 };
  }
  const inGrace = nowMs - state.startedAtMs < config.gracePeriodMs;
  const failures = inGrace ? 0 : state.failures + 1;
  const phase = failures >= config.unhealthyThreshold ? 'unhealthy' : state.phase;
  return { ...state, phase, successes: 0, failures };
}

/** While starting, a check that can pass is tried this often, so that no time is lost. */
const EAGER_PROBE_MS = 100;
/** While starting, a check that costs something or cannot pass yet. */
const PATIENT_PROBE_MS = 1_000;

/** Time until the next check. `mayPass`: the port is listened on, and a check is cheap. */
export function nextProbeMs(
  state: HealthState,
  { config, nowMs, mayPass }: { config: HealthConfig; nowMs: number; mayPass: boolean },
): number {
  if (state.phase !== 'starting') return config.intervalMs;
  const graceLeftMs = config.gracePeriodMs - (nowMs - state.startedAtMs);
  if (graceLeftMs <= 0) return Math.min(config.intervalMs, PATIENT_PROBE_MS);
  return Math.min(config.intervalMs, mayPass ? EAGER_PROBE_MS : PATIENT_PROBE_MS, graceLeftMs + 1);
}
