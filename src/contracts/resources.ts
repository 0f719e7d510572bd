/** The resources of the API, as they cross the wire. Times are RFC 3339 in UTC. */
import { z } from 'zod';
import { source } from './source.ts';

const time = z.iso.datetime();

/** RFC 9457 with a stable code, and what to do. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  remedy: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;

export const machineState = z.enum([
  /** Booting, or its process is starting. */
  'starting',
  /** Passes its health check; gets calls. */
  'healthy',
  /** Runs, was healthy, fails its health check; gets no calls. */
  'unhealthy',
  /** Gets no new calls; those in flight go on. */
  'draining',
  'stopping',
  /** Ended as wanted. */
  'stopped',
  /** Ended although it should run. */
  'failed',
]);
export type MachineStateName = z.infer<typeof machineState>;

export const machineResource = z.object({
  id: z.string(),
  agent: z.string(),
  revision: z.number().int(),
  generation: z.number().int(),
  replica: z.number().int(),
  state: machineState,
  /** Why it is in this state, where that says more than the state: `out of memory`. */
  reason: z.string().nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  healthyAt: time.nullable(),
  endedAt: time.nullable(),
  exit: z
    .object({
      exitCode: z.number().int().nullable(),
      signal: z.string().nullable(),
      oomKilled: z.boolean(),
    })
    .nullable(),
  /**
   * Of its VMM on the host, as it is when a machine or an agent is asked for by name: memory that is
   * resident, and time of CPUs since it started. Null: it does not run, or the list did not look.
   */
  usage: z.object({ memoryBytes: z.number(), cpuMs: z.number() }).nullable(),
  /**
   * What its guestd says leads out of it. all: every connection is caught, whatever its address; none:
   * its kernel cannot, and only the proxy does, to which variables lead. Absent: it does not run, has
   * no way out, has not said it yet, or the list did not look.
   */
  capture: z.enum(['all', 'none']).optional(),
});
export type MachineResource = z.infer<typeof machineResource>;

/** A numbered slot, with the machine that fills it now. */
export const replicaResource = z.object({
  number: z.number().int(),
  /** waiting: for its back-off to pass; given_up: failed too often; completed: ended, not restarted. */
  state: z.enum(['running', 'waiting', 'given_up', 'completed']),
  /** Failures in a row. */
  failures: z.number().int(),
  restarts: z.number().int(),
  nextStartAt: time.nullable(),
  reason: z.string().nullable(),
  machine: machineResource.nullable(),
});
export type ReplicaResource = z.infer<typeof replicaResource>;

export const agentState = z.enum([
  'deploying',
  'running',
  /** Fewer healthy replicas than wanted, but at least one. */
  'degraded',
  'starting',
  /** Wanted, but no replica is healthy and at least one was given up. */
  'failed',
  /** 0 replicas wanted, or all completed. */
  'stopped',
  'deleting',
]);

export const agentResource = z.object({
  id: z.string(),
  name: z.string(),
  workspace: z.string(),
  state: agentState,
  replicas: z.object({
    desired: z.number().int(),
    healthy: z.number().int(),
    items: z.array(replicaResource),
  }),
  /** Number of the revision that gets the calls. */
  revision: z.number().int().nullable(),
  image: z.object({ digest: z.string(), origin: z.string() }).nullable(),
  /** The deployment under way. */
  deployment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  url: z.string(),
  createdAt: time,
  updatedAt: time,
});
export type AgentResource = z.infer<typeof agentResource>;

export const revisionResource = z.object({
  id: z.string(),
  agent: z.string(),
  number: z.number().int(),
  active: z.boolean(),
  image: z.object({ digest: z.string(), origin: z.string() }),
  source,
  /** AgentConfig, values of the environment included. */
  config: z.record(z.string(), z.unknown()),
  createdAt: time,
  createdBy: z.string(),
});
export type RevisionResource = z.infer<typeof revisionResource>;

export const deploymentKind = z.enum(['deploy', 'rollback', 'restart']);
export const deploymentState = z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']);

export const deploymentResource = z.object({
  id: z.string(),
  agent: z.string(),
  kind: deploymentKind,
  state: deploymentState,
  /** The step under way, or the one that failed. */
  step: z.string().nullable(),
  /** Revision numbers. */
  fromRevision: z.number().int().nullable(),
  toRevision: z.number().int().nullable(),
  error: problem.nullable(),
  createdAt: time,
  finishedAt: time.nullable(),
  createdBy: z.string(),
});
export type DeploymentResource = z.infer<typeof deploymentResource>;

/** One line of a deployment's progress; `seq` is the SSE id, so that a reader can resume. */
export const deploymentEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('step'),
    seq: z.number().int(),
    time,
    /** resolve | rootfs | revision | machines | healthy | traffic | retire */
    step: z.string(),
    state: z.enum(['started', 'progress', 'done', 'failed', 'undone']),
    detail: z.string().optional(),
    /** 0 to 1. */
    fraction: z.number().optional(),
    durationMs: z.number().optional(),
  }),
  /** A line of a build's or an agent's log. */
  z.object({
    type: z.literal('log'),
    seq: z.number().int(),
    time,
    from: z.enum(['build', 'agent', 'swarm']),
    text: z.string(),
  }),
  /** Last event of every deployment. */
  z.object({
    type: z.literal('finished'),
    seq: z.number().int(),
    time,
    deployment: deploymentResource,
  }),
]);
export type DeploymentEvent = z.infer<typeof deploymentEvent>;

/** What a deployment would change: `deploy --dry-run`. */
export const deploymentPreview = z.object({
  agent: z.string(),
  /** Does the agent exist already? */
  exists: z.boolean(),
  changes: z.array(
    z.object({
      /** As in agent.yaml: `spec.replicas`. */
      path: z.string(),
      before: z.unknown(),
      after: z.unknown(),
      /** live: at once; machines: by new machines that replace the old; build: a build first. */
      effect: z.enum(['live', 'machines', 'build']),
    }),
  ),
  image: z.enum(['unchanged', 'changes', 'unknown until built']),
});
export type DeploymentPreview = z.infer<typeof deploymentPreview>;

export const logRecordResource = z.object({
  machine: z.string(),
  replica: z.number().int(),
  revision: z.number().int(),
  seq: z.number().int(),
  time: z.string(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
  partial: z.boolean(),
});
export type LogRecordResource = z.infer<typeof logRecordResource>;

export const uploadResource = z.object({
  id: z.string(),
  sha256: z.string(),
  bytes: z.number().int(),
});
export type UploadResource = z.infer<typeof uploadResource>;

export const systemResource = z.object({
  version: z.string(),
  pid: z.number().int(),
  startedAt: time,
  driver: z.string(),
  acceleration: z.enum(['kvm', 'tcg']),
  network: z.enum(['user', 'tap']),
  home: z.string(),
  /** Whether the audit log can be written; while it cannot, changes and calls are refused. */
  audit: z.object({
    available: z.boolean(),
    reason: z.string().nullable(),
    /** What the last verification found wrong with the log first; null: nothing. */
    problem: z.string().nullable(),
  }),
});
export type SystemResource = z.infer<typeof systemResource>;

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
