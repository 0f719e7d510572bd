/**
 * agent.yaml, version swarm/v1. The words are those of fly.toml, Compose and Kubernetes.
 * The JSON Schema that editors use (docs/agent.schema.json) is made from this file.
 */
import { z } from 'zod';
import { egressSpec } from './egress-policy.ts';
import { payloadPolicyName } from './event.ts';
import { parseRedactPath } from './redact-path.ts';
import { REDACT_PATTERNS } from './trail.ts';
import { byteSize, duration, size } from './units.ts';

/** Lower-case letters, digits and '-', as in a DNS label: names become host names. */
export const agentName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'must be 1 to 40 lower-case letters, digits and "-", beginning with a letter and not ending with "-"',
  );

const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name: letters, digits and "_"');
const envValue = z
  .union([z.string().max(32_768), z.number(), z.boolean()])
  .describe('A value of the environment; numbers and booleans become text.');
const argv = z.array(z.string().max(4096)).min(1).max(256);
const port = z.number().int().min(1).max(65_535);

export const MAX_REPLICAS = 100;
export const replicaCount = z.number().int().min(0).max(MAX_REPLICAS);

const build = z
  .union([
    z.string().min(1).describe('The folder to build, relative to this file.'),
    z.strictObject({
      context: z.string().min(1).default('.').describe('The folder, relative to this file.'),
      dockerfile: z.string().min(1).optional().describe('Path inside the folder.'),
      target: z.string().min(1).optional().describe('Stage of the Dockerfile to build.'),
      args: z.record(envName, z.string()).optional().describe('Build arguments. Never secrets.'),
      runtime: z.enum(['python', 'node']).optional().describe('Build without a Dockerfile.'),
      start: argv.optional().describe('Command that serves the agent, for a runtime.'),
    }),
  ])
  .describe('A folder, with a Dockerfile or with a runtime that is detected.');

const git = z
  .union([
    z.string().min(1).describe('The repository: HTTPS or SSH.'),
    z.strictObject({
      url: z.string().min(1).describe('The repository: HTTPS or SSH. No credentials in it.'),
      ref: z.string().min(1).optional().describe('Branch, tag or commit.'),
      path: z.string().min(1).optional().describe('Folder inside the repository.'),
      dockerfile: z.string().min(1).optional(),
      target: z.string().min(1).optional(),
      args: z.record(envName, z.string()).optional(),
      runtime: z.enum(['python', 'node']).optional(),
      start: argv.optional(),
    }),
  ])
  .describe('A Git repository.');

const resources = z.strictObject({
  cpus: z.number().min(0.1).max(32).default(1).describe('vCPUs; 0.5 is half of one.'),
  memory: size({ minMib: 64, maxMib: 262_144 }).default('512MiB'),
  disk: size({ minMib: 16, maxMib: 1_048_576 })
    .default('1GiB')
    .describe('Writable disk of each machine; gone with the machine.'),
});

/** Bounds of the health keys; an image's HEALTHCHECK is held inside them too. */
export const HEALTH_LIMITS = {
  intervalMs: { min: 500, max: 3_600_000 },
  timeoutMs: { min: 100, max: 300_000 },
  gracePeriodMs: { min: 0, max: 3_600_000 },
  threshold: { min: 1, max: 100 },
} as const;
const within = ({ min, max }: { min: number; max: number }) =>
  duration({ minMs: min, maxMs: max }).optional();
const threshold = z
  .number()
  .int()
  .min(HEALTH_LIMITS.threshold.min)
  .max(HEALTH_LIMITS.threshold.max)
  .optional();

// No defaults here: which ones hold depends on the image, and src/fleet/health-plan.ts knows it.
const health = z.strictObject({
  type: z.enum(['http', 'tcp', 'command', 'none']).optional(),
  path: z.string().startsWith('/').max(2048).optional().describe('For http.'),
  method: z.enum(['GET', 'HEAD', 'POST']).optional().describe('For http.'),
  port: port.optional().describe('When it is not the agent’s own.'),
  command: argv.optional().describe('For command: exit code 0 is healthy.'),
  interval: within(HEALTH_LIMITS.intervalMs).describe(
    "Between two checks. Default 10s; for the image's HEALTHCHECK its --interval, else 30s.",
  ),
  timeout: within(HEALTH_LIMITS.timeoutMs).describe(
    "Of one check. Default 5s; for the image's HEALTHCHECK its --timeout, else 30s.",
  ),
  grace_period: within(HEALTH_LIMITS.gracePeriodMs).describe(
    "From start; failures in it, before the first success, do not count. Default 60s; for the image's HEALTHCHECK its --start-period, else 0s.",
  ),
  healthy_threshold: threshold.describe('Successes in a row. Default 1.'),
  unhealthy_threshold: threshold.describe(
    "Failures in a row, at most one counted per interval. Default 3; for the image's HEALTHCHECK its --retries, else 3.",
  ),
});

const restart = z.union([
  z.enum(['always', 'on-failure', 'never']),
  z.strictObject({
    policy: z.enum(['always', 'on-failure', 'never']).default('always'),
    retries: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(10)
      .describe('Failures in a row before it is given up, visibly.'),
  }),
]);

const concurrency = z.strictObject({
  hard_limit: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Calls in flight per replica.'),
  queue: z.number().int().min(0).max(100_000).default(100).describe('Calls that may wait.'),
  queue_timeout: duration({ minMs: 1, maxMs: 600_000 }).default('30s'),
});

export const MAX_PAYLOAD_BYTES = 1_048_576;

const redactPath = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const parsed = parseRedactPath(text);
    if (parsed.ok) return;
    const message = `is no JSON path: character ${parsed.at}: ${parsed.message}`;
    context.addIssue({ code: 'custom', message });
  });

const audit = z
  .strictObject({
    payloads: payloadPolicyName
      .default('redacted')
      .describe(
        'What the audit log keeps of the bodies of calls: full, redacted (without what `redact` names), hash (SHA-256 and length), none.',
      ),
    max_bytes: byteSize({ maxBytes: MAX_PAYLOAD_BYTES })
      .default('64KiB')
      .describe('Of each body; the rest is counted and not kept. 0 to 1MiB.'),
    redact: z
      .strictObject({
        paths: z
          .array(redactPath)
          .max(50)
          .default([])
          .describe(
            'JSON paths (RFC 9535: names, *, indexes from the start, ..) whose values are taken out.',
          ),
        patterns: z
          .array(z.enum(REDACT_PATTERNS))
          .max(REDACT_PATTERNS.length)
          .default(['keys', 'email', 'card'])
          .describe('What is taken out wherever it stands.'),
      })
      .prefault({}),
  })
  .describe('What the audit log keeps of calls. Every call is an event in any case.');

export const agentSpec = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .optional()
      .describe(
        'An image: registry/name:tag, docker-archive:file.tar, oci:folder, or docker-daemon:name:tag.',
      ),
    git: git.optional(),
    build: build.optional(),
    entrypoint: z.array(z.string().max(4096)).max(256).optional().describe("Replaces the image's."),
    command: z
      .array(z.string().max(4096))
      .max(256)
      .optional()
      .describe("Replaces the image's CMD."),
    workdir: z.string().startsWith('/').optional(),
    user: z.string().max(128).optional(),
    env: z.record(envName, envValue).default({}),
    port: port.optional().describe('Where the agent listens; else PORT, EXPOSE or 8080.'),
    replicas: replicaCount.default(1),
    resources: resources.prefault({}),
    health: health.prefault({}),
    restart: restart.default('always'),
    concurrency: concurrency.prefault({}),
    kill_signal: z
      .string()
      .regex(/^SIG[A-Z0-9+-]+$/, 'must be a signal name such as SIGTERM')
      .optional(),
    kill_timeout: duration({ minMs: 0, maxMs: 3_600_000 }).default('10s'),
    deploy: z
      .strictObject({
        timeout: duration({ minMs: 1_000, maxMs: 24 * 3_600_000 })
          .default('5m')
          .describe('From start of the new machines until all are healthy.'),
        drain_timeout: duration({ minMs: 0, maxMs: 24 * 3_600_000 })
          .default('30s')
          .describe('How long calls in flight may go on in an old machine.'),
      })
      .prefault({}),
    audit: audit.prefault({}),
    egress: egressSpec.optional(),
  })
  .superRefine((spec, context) => {
    const given = (['image', 'git', 'build'] as const).filter((key) => spec[key] !== undefined);
    if (given.length > 1)
      context.addIssue({
        code: 'custom',
        path: [given[1] ?? 'build'],
        message: `two sources: ${given.join(' and ')}; keep one of them`,
      });
  });
export type AgentSpec = z.infer<typeof agentSpec>;

export const manifest = z.strictObject({
  apiVersion: z.literal('swarm/v1'),
  kind: z.literal('Agent'),
  metadata: z.strictObject({
    name: agentName,
    labels: z.record(z.string().max(63), z.string().max(255)).default({}),
  }),
  spec: agentSpec,
});
export type Manifest = z.infer<typeof manifest>;
/** As written, before defaults. */
export type ManifestInput = z.input<typeof manifest>;
