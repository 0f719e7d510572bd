/**
 * What a revision is, apart from its image: agent.yaml with every default filled in that does not
 * depend on the image, every text turned into a number with a unit. Stored with the revision,
 * immutable.
 */
import { type EgressPolicy, egressPolicyFrom } from './egress-policy.ts';
import type { Manifest } from './manifest.ts';
import { DEFAULT_PAYLOAD_POLICY, type PayloadPolicy } from './trail.ts';
import { parseBytes, parseDuration, parseMib } from './units.ts';

export interface HealthConfig {
  /** undefined: command or http as `command` or `path` is set, else the image's HEALTHCHECK, else tcp. */
  readonly type?: 'http' | 'tcp' | 'command' | 'none';
  readonly path?: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly port?: number;
  readonly command?: readonly string[];
  /** These only as written: what holds without them depends on whose check it is. */
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly gracePeriodMs?: number;
  readonly healthyThreshold?: number;
  readonly unhealthyThreshold?: number;
}

export interface AgentConfig {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly resources: {
    readonly cpus: number;
    readonly memoryMib: number;
    readonly diskMib: number;
  };
  readonly health: HealthConfig;
  readonly restart: {
    readonly policy: 'always' | 'on-failure' | 'never';
    readonly retries: number;
  };
  readonly concurrency: {
    readonly hardLimit: number;
    readonly queue: number;
    readonly queueTimeoutMs: number;
  };
  readonly killSignal?: string;
  readonly killTimeoutMs: number;
  readonly deploy: { readonly timeoutMs: number; readonly drainTimeoutMs: number };
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: DEFAULT_PAYLOAD_POLICY. So revisions from before it was there keep their hash. */
  readonly audit?: PayloadPolicy;
  /** Absent: nothing may be reached. So revisions from before it was there keep their hash. */
  readonly egress?: EgressPolicy;
}

/** A duration that the schema has accepted. */
function ms(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new Error(`not a duration after validation: ${text}`);
  return value;
}

/** A size that the schema has accepted. */
function mib(text: string): number {
  const value = parseMib(text);
  if (value === undefined) throw new Error(`not a size after validation: ${text}`);
  return value;
}

function healthConfigFrom(health: Manifest['spec']['health']): HealthConfig {
  return {
    ...(health.type && { type: health.type }),
    ...(health.path && { path: health.path }),
    method: health.method ?? 'GET',
    ...(health.port !== undefined && { port: health.port }),
    ...(health.command && { command: health.command }),
    ...(health.interval !== undefined && { intervalMs: ms(health.interval) }),
    ...(health.timeout !== undefined && { timeoutMs: ms(health.timeout) }),
    ...(health.grace_period !== undefined && { gracePeriodMs: ms(health.grace_period) }),
    ...(health.healthy_threshold !== undefined && { healthyThreshold: health.healthy_threshold }),
    ...(health.unhealthy_threshold !== undefined && {
      unhealthyThreshold: health.unhealthy_threshold,
    }),
  };
}

function payloadPolicyFrom({
  payloads,
  max_bytes,
  redact,
}: Manifest['spec']['audit']): PayloadPolicy {
  const maxBytes = typeof max_bytes === 'number' ? max_bytes : parseBytes(max_bytes);
  if (maxBytes === undefined) throw new Error(`not a size after validation: ${max_bytes}`);
  return {
    ...{ policy: payloads, maxBytes, redactPaths: redact.paths },
    redactPatterns: [...new Set(redact.patterns)],
  };
}

function isDefault(policy: PayloadPolicy): boolean {
  return JSON.stringify(policy) === JSON.stringify(DEFAULT_PAYLOAD_POLICY);
}

export function agentConfigFrom({ metadata, spec }: Manifest): AgentConfig {
  const { health, restart, concurrency, resources } = spec;
  const audit = payloadPolicyFrom(spec.audit);
  return {
    ...(spec.entrypoint && { entrypoint: spec.entrypoint }),
    ...(spec.command && { command: spec.command }),
    ...(spec.workdir && { workdir: spec.workdir }),
    ...(spec.user !== undefined && { user: spec.user }),
    env: Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, String(value)])),
    ...(spec.port !== undefined && { port: spec.port }),
    resources: {
      cpus: resources.cpus,
      memoryMib: mib(resources.memory),
      diskMib: mib(resources.disk),
    },
    health: healthConfigFrom(health),
    restart:
      typeof restart === 'string'
        ? { policy: restart, retries: 10 }
        : { policy: restart.policy, retries: restart.retries },
    concurrency: {
      hardLimit: concurrency.hard_limit,
      queue: concurrency.queue,
      queueTimeoutMs: ms(concurrency.queue_timeout),
    },
    ...(spec.kill_signal && { killSignal: spec.kill_signal }),
    killTimeoutMs: ms(spec.kill_timeout),
    deploy: {
      timeoutMs: ms(spec.deploy.timeout),
      drainTimeoutMs: ms(spec.deploy.drain_timeout),
    },
    labels: metadata.labels,
    ...(!isDefault(audit) && { audit }),
    ...(spec.egress !== undefined && { egress: egressPolicyFrom(spec.egress) }),
  };
}
