import type { AgentConfig } from '../contracts/agent-config.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../contracts/trail.ts';

/** A configuration as paths and values of agent.yaml, for showing differences. */
export function manifestWords(config: AgentConfig): ReadonlyMap<string, unknown> {
  const { health, restart, concurrency, resources, deploy } = config;
  const audit = config.audit ?? DEFAULT_PAYLOAD_POLICY;
  const words: Record<string, unknown> = {
    'spec.entrypoint': config.entrypoint,
    'spec.command': config.command,
    'spec.workdir': config.workdir,
    'spec.user': config.user,
    'spec.port': config.port,
    'spec.resources.cpus': resources.cpus,
    'spec.resources.memory': `${resources.memoryMib}MiB`,
    'spec.resources.disk': `${resources.diskMib}MiB`,
    'spec.health.type': health.type,
    'spec.health.path': health.path,
    'spec.health.method': health.method,
    'spec.health.port': health.port,
    'spec.health.command': health.command,
    'spec.health.interval': durationIfSet(health.intervalMs),
    'spec.health.timeout': durationIfSet(health.timeoutMs),
    'spec.health.grace_period': durationIfSet(health.gracePeriodMs),
    'spec.health.healthy_threshold': health.healthyThreshold,
    'spec.health.unhealthy_threshold': health.unhealthyThreshold,
    'spec.restart.policy': restart.policy,
    'spec.restart.retries': restart.retries,
    'spec.concurrency.hard_limit': concurrency.hardLimit,
    'spec.concurrency.queue': concurrency.queue,
    'spec.concurrency.queue_timeout': durationText(concurrency.queueTimeoutMs),
    'spec.kill_signal': config.killSignal,
    'spec.kill_timeout': durationText(config.killTimeoutMs),
    'spec.deploy.timeout': durationText(deploy.timeoutMs),
    'spec.deploy.drain_timeout': durationText(deploy.drainTimeoutMs),
    'spec.audit.payloads': audit.policy,
    'spec.audit.max_bytes': bytesText(audit.maxBytes),
    'spec.audit.redact.paths': audit.redactPaths,
    'spec.audit.redact.patterns': audit.redactPatterns,
    'spec.egress.mode': config.egress?.mode,
    'spec.egress.allow': config.egress?.rules,
    'spec.egress.rate.calls_per_minute': config.egress?.callsPerMinute,
  };
  for (const [name, value] of Object.entries(config.env)) words[`spec.env.${name}`] = value;
  for (const [name, value] of Object.entries(config.labels))
    words[`metadata.labels.${name}`] = value;
  return new Map(Object.entries(words).filter(([, value]) => value !== undefined));
}

function durationIfSet(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : durationText(ms);
}

function bytesText(bytes: number): string {
  if (bytes > 0 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}MiB`;
  return bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`;
}

/** The longest unit that divides it: `90s`, `5m`, `1500ms`. */
export function durationText(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
