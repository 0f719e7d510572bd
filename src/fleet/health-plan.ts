/** How the health of a revision's machines is found out: agent.yaml's words, the image's, defaults. */
import type { AgentConfig, HealthConfig } from '../contracts/agent-config.ts';
import { HEALTH_LIMITS } from '../contracts/manifest.ts';
import type { ImageConfig } from '../images/images.ts';
import { fleetErrors } from './errors.ts';
import type { HealthCheck, HealthTiming } from './health.ts';

/** Where neither agent.yaml nor a HEALTHCHECK says anything. */
const OWN_TIMING: HealthTiming = {
  intervalMs: 10_000,
  timeoutMs: 5_000,
  gracePeriodMs: 60_000,
  healthyThreshold: 1,
  unhealthyThreshold: 3,
};
/** Of a HEALTHCHECK without options: https://docs.docker.com/reference/dockerfile/#healthcheck */
const DOCKER_TIMING: HealthTiming = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  gracePeriodMs: 0,
  healthyThreshold: 1,
  unhealthyThreshold: 3,
};

export interface HealthPlan {
  readonly check: HealthCheck;
  readonly timing: HealthTiming;
}

/**
 * What agent.yaml says comes before the image's HEALTHCHECK, that before a plain connection. The
 * options of HEALTHCHECK hold only for its own command.
 * @throws health_command_missing
 */
export function planHealth(
  image: ImageConfig,
  { config, port: agentPort }: { config: AgentConfig; port: number },
): HealthPlan {
  const { health } = config;
  const port = health.port ?? agentPort;
  const type = health.type ?? typeOf(health, image);
  switch (type) {
    case 'none':
      return { check: { type }, timing: timingOf(health, OWN_TIMING) };
    case 'http': {
      const { method, path = '/' } = health;
      return { check: { type, method, path, port }, timing: timingOf(health, OWN_TIMING) };
    }
    case 'command': {
      if (health.command !== undefined)
        return { check: { type, argv: health.command }, timing: timingOf(health, OWN_TIMING) };
      const argv = imageCommand(image);
      if (argv !== undefined)
        return { check: { type, argv }, timing: timingOf(health, imageTiming(image)) };
      throw fleetErrors.health_command_missing(
        'health.type is command, but agent.yaml has no health.command and the image no HEALTHCHECK.',
      );
    }
    case 'tcp':
      return { check: { type, port }, timing: timingOf(health, OWN_TIMING) };
  }
}

function typeOf(health: HealthConfig, image: ImageConfig): NonNullable<HealthConfig['type']> {
  if (health.command !== undefined) return 'command';
  if (health.path !== undefined) return 'http';
  if (imageCommand(image) !== undefined) return 'command';
  // A port of its own in agent.yaml is a wish to have it checked.
  const disabled = image.healthcheck?.test[0] === 'NONE' && health.port === undefined;
  return disabled ? 'none' : 'tcp';
}

function imageCommand(image: ImageConfig): readonly string[] | undefined {
  const [kind, ...rest] = image.healthcheck?.test ?? [];
  if (rest.length === 0) return undefined;
  if (kind === 'CMD') return rest;
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : undefined;
}

/** An image may say anything: it is held inside what agent.yaml may say. */
function imageTiming({ healthcheck }: ImageConfig): HealthTiming {
  const { intervalMs, timeoutMs, startPeriodMs, retries } = healthcheck ?? {};
  return {
    intervalMs: clamp(intervalMs ?? DOCKER_TIMING.intervalMs, HEALTH_LIMITS.intervalMs),
    timeoutMs: clamp(timeoutMs ?? DOCKER_TIMING.timeoutMs, HEALTH_LIMITS.timeoutMs),
    gracePeriodMs: clamp(startPeriodMs ?? DOCKER_TIMING.gracePeriodMs, HEALTH_LIMITS.gracePeriodMs),
    healthyThreshold: DOCKER_TIMING.healthyThreshold,
    unhealthyThreshold: clamp(retries ?? DOCKER_TIMING.unhealthyThreshold, HEALTH_LIMITS.threshold),
  };
}

function timingOf(written: HealthConfig, otherwise: HealthTiming): HealthTiming {
  return {
    intervalMs: written.intervalMs ?? otherwise.intervalMs,
    timeoutMs: written.timeoutMs ?? otherwise.timeoutMs,
    gracePeriodMs: written.gracePeriodMs ?? otherwise.gracePeriodMs,
    healthyThreshold: written.healthyThreshold ?? otherwise.healthyThreshold,
    unhealthyThreshold: written.unhealthyThreshold ?? otherwise.unhealthyThreshold,
  };
}

function clamp(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(max, Math.max(min, value));
}
