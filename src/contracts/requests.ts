/** What the API's endpoints take, as the client sends it and the server parses it. */
import { z } from 'zod';
import { agentName, manifest, replicaCount } from './manifest.ts';
import { agentResource, agentState, deploymentResource } from './resources.ts';
import { source } from './source.ts';
import { parseDuration } from './units.ts';

/** Header with the token for a private Git repository over HTTPS: never stored or logged. */
export const GIT_TOKEN_HEADER = 'swarm-git-token';

/** Header with swarmd's token for callers whose own `Authorization` is meant for the agent. */
export const TOKEN_HEADER = 'swarm-token';

/** Longest that one GET …/wait is held; the client asks again. */
export const MAX_WAIT_MS = 60_000;

/** A number as it stands in a query. */
export const queryInt = (bounds: { min: number; max: number }) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(bounds.min).max(bounds.max));

const queryFlag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const pageQuery = z.strictObject({
  limit: queryInt({ min: 1, max: 200 }).optional(),
  cursor: z.string().min(1).max(512).optional(),
});

export const deployBody = z.strictObject({ manifest, source });
/** As sent: before defaults. */
export type DeployBody = z.input<typeof deployBody>;
export const deployQuery = z.strictObject({ dryRun: queryFlag.optional() });

export const deploymentListQuery = pageQuery.extend({ agent: agentName.optional() });

export const scaleBody = z.strictObject({ replicas: replicaCount });
export const rollbackBody = z.strictObject({ revision: z.number().int().min(1).optional() });
export const emptyBody = z.strictObject({});

export const waitQuery = z.strictObject({
  timeoutMs: queryInt({ min: 0, max: MAX_WAIT_MS }).optional(),
});
/** `deleted` waits until the agent is gone. */
export const agentWaitState = z.enum([...agentState.options, 'deleted']);
export type AgentWaitState = z.infer<typeof agentWaitState>;
export const agentWaitQuery = waitQuery.extend({ state: agentWaitState });

export const deploymentWait = z.object({
  /** False: the time ran out first. */
  finished: z.boolean(),
  deployment: deploymentResource,
});
export type DeploymentWait = z.infer<typeof deploymentWait>;
export const agentWait = z.object({
  /** False: the time ran out first. */
  reached: z.boolean(),
  /** Null when it is deleted. */
  agent: agentResource.nullable(),
});
export type AgentWait = z.infer<typeof agentWait>;

/** RFC 3339, or a duration back from now (`10m`). */
const since = z
  .string()
  .max(64)
  .refine((text) => parseDuration(text) !== undefined || !Number.isNaN(Date.parse(text)), {
    message: 'must be a time such as 2026-01-31T12:00:00Z or a duration such as 10m',
  });
const replica = queryInt({ min: 0, max: 100_000 });

export const logsQuery = z.strictObject({
  follow: queryFlag.optional(),
  tail: queryInt({ min: 0, max: 100_000 }).optional(),
  since: since.optional(),
  replica: replica.optional(),
  stream: z.enum(['stdout', 'stderr', 'system']).optional(),
});
export const replicaQuery = z.strictObject({ replica: replica.optional() });
export const watchQuery = z.strictObject({ agent: agentName.optional() });

/** A message of GET /v1/watch: an agent's whole new state, or that it is gone. */
export const watchEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agent'), agent: agentResource }),
  z.object({ type: z.literal('agent_deleted'), name: z.string() }),
]);
export type WatchEvent = z.infer<typeof watchEvent>;

/** First message of the WebSocket GET /v1/agents/{name}/exec, as text. */
export const execStart = z.strictObject({
  argv: z.array(z.string().max(32_768)).min(1).max(256),
  tty: z.boolean().default(false),
  columns: z.number().int().min(1).max(10_000).optional(),
  rows: z.number().int().min(1).max(10_000).optional(),
  replica: z.number().int().min(0).max(100_000).optional(),
  /** Absent: as the agent's process. */
  user: z.string().max(128).optional(),
  cwd: z.string().startsWith('/').max(4096).optional(),
  /** Added to the environment of the agent's process. */
  env: z.record(z.string().max(256), z.string().max(32_768)).optional(),
});
export type ExecStart = z.input<typeof execStart>;

export const scope = z.enum(['admin', 'deploy', 'read', 'invoke', 'audit', 'ingest']);
export type Scope = z.infer<typeof scope>;

export const tokenBody = z.strictObject({
  name: z.string().min(1).max(100),
  /**
   * admin: everything; deploy: change agents, read, ingest; read: look, audit; invoke: call
   * agents; audit: read events, exports and proofs; ingest: send events.
   */
  scopes: z.array(scope).min(1).max(6),
  /** RFC 3339; absent: until it is deleted. */
  expiresAt: z.iso.datetime().optional(),
});
export type TokenBody = z.input<typeof tokenBody>;

export const tokenResource = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  /** To the minute. */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type TokenResource = z.infer<typeof tokenResource>;
/** The only time its value is shown. */
export const newTokenResource = tokenResource.extend({ value: z.string() });
export type NewTokenResource = z.infer<typeof newTokenResource>;

/** machines: stop all machines as well; without it they go on running and are adopted later. */
export const systemStopBody = z.strictObject({ machines: z.boolean().default(false) });
export const systemStopping = z.object({ pid: z.number().int(), machines: z.boolean() });

export const readiness = z.object({
  ready: z.boolean(),
  parts: z.array(
    z.object({
      name: z.string(),
      ready: z.boolean(),
      /** What it waits for, or why it failed. */
      detail: z.string().nullable(),
      /** The last attempt failed; it is made again after a while. */
      failed: z.boolean().optional(),
    }),
  ),
});
export type Readiness = z.infer<typeof readiness>;
