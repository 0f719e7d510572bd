/**
 * The typed client of swarmd's API: one function per endpoint. What the server refuses is thrown
 * as a SwarmError with the server's own code, message and remedy.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { activityClient } from './activity-client.ts';
import { auditClient } from './audit-client.ts';
import { type Connection, connectionErrors } from './connection.ts';
import { costClient } from './cost-client.ts';
import { egressClient } from './egress-client.ts';
import { type ExecSession, openExec } from './exec-session.ts';
import {
  type HttpAnswer,
  type HttpCall,
  readBody,
  readJson,
  readProblem,
  send,
} from './http-call.ts';
import {
  type AgentWait,
  type AgentWaitState,
  type DeployBody,
  type DeploymentWait,
  type ExecStart,
  GIT_TOKEN_HEADER,
  MAX_WAIT_MS,
  type NewTokenResource,
  type Readiness,
  type TokenBody,
  type TokenResource,
  type WatchEvent,
} from './requests.ts';
import type {
  AgentResource,
  DeploymentEvent,
  DeploymentPreview,
  DeploymentResource,
  LogRecordResource,
  MachineResource,
  RevisionResource,
  SystemResource,
  UploadResource,
} from './resources.ts';
import { secretsClient } from './secrets-client.ts';
import { sessionClient } from './session-client.ts';
import { followEvents, readLines } from './streams.ts';

export { type Connection, findConnection, readSwarmdFile } from './connection.ts';
export type { ExecSession } from './exec-session.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
export interface PageOptions {
  readonly limit?: number;
  readonly cursor?: string;
}
export interface DeployOptions {
  /** For a private Git repository over HTTPS. */
  readonly gitToken?: string;
  /** Made anew for each call when absent. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}
export interface LogsOptions {
  readonly follow?: boolean;
  readonly tail?: number;
  /** RFC 3339, or a duration back from now (`10m`). */
  readonly since?: string;
  readonly replica?: number;
  readonly stream?: 'stdout' | 'stderr' | 'system';
  readonly signal?: AbortSignal;
}
export interface InvokeOptions {
  readonly method: string;
  /** Under the agent's own root, with its query: `/invoke?x=1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | object;
  readonly signal?: AbortSignal;
}
/** The agent's own answer, whatever its status; `fromGateway` says that no agent answered. */
export interface InvokeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export type SwarmClient = ReturnType<typeof createClient>;

/** Makes no connection until the first call. */
export function createClient(connection: Connection) {
  const call = async <T>(request: HttpCall): Promise<T> =>
    (await readJson(await send(connection, request))) as T;
  const get = <T>(path: string, signal?: AbortSignal) =>
    call<T>({ method: 'GET', path, ...(signal && { signal }) });
  const post = <T>(path: string, body: unknown, headers: Record<string, string> = {}) =>
    call<T>({
      method: 'POST',
      path,
      body,
      headers: { 'idempotency-key': randomUUID(), ...headers },
    });

  return {
    connection,
    ...activityClient(connection, { get, query }),
    ...auditClient(connection, { get, post, query, segment }),
    ...costClient(connection, { get, post, query, segment }),
    ...egressClient(connection, { get, post, query, segment }),
    ...secretsClient(connection, { query, segment }),
    ...sessionClient(connection, { get, segment }),
    /** True when swarmd answers; throws nothing. */
    isUp: () =>
      get('/healthz').then(
        () => true,
        () => false,
      ),
    /** Which parts are ready; answers also while some are not. */
    async readiness(): Promise<Readiness> {
      const answer = await send(connection, { method: 'GET', path: '/readyz' });
      return JSON.parse((await readBody(answer)).toString('utf8')) as Readiness;
    },
    system: () => get<SystemResource>('/v1/system'),
    /** Stops swarmd; with `machines` all machines too. Wait for the process to be gone. */
    stopSystem: (options: { machines: boolean }) =>
      post<{ pid: number; machines: boolean }>('/v1/system/stop', options),

    /** Streams an archive; `bytes` when known beforehand. */
    upload: (body: Readable, options: { bytes?: number; signal?: AbortSignal } = {}) =>
      call<UploadResource>({
        method: 'POST',
        path: '/v1/uploads',
        body,
        headers: {
          'content-type': 'application/octet-stream',
          ...(options.bytes !== undefined && { 'content-length': String(options.bytes) }),
        },
        ...(options.signal && { signal: options.signal }),
      }),

    previewDeployment: (body: DeployBody, options: DeployOptions = {}) =>
      post<DeploymentPreview>('/v1/deployments?dryRun=true', body, deployHeaders(options)),
    deploy: (body: DeployBody, options: DeployOptions = {}) =>
      post<DeploymentResource>('/v1/deployments', body, deployHeaders(options)),
    deployments: (options: PageOptions & { agent?: string } = {}) =>
      get<Page<DeploymentResource>>(`/v1/deployments${query({ ...options })}`),
    deployment: (id: string) => get<DeploymentResource>(`/v1/deployments/${segment(id)}`),
    /** Every event after `afterSeq`; ends after `finished`. Reconnects and resumes by itself. */
    deploymentEvents: (id: string, options: { afterSeq?: number; signal?: AbortSignal } = {}) =>
      followEvents<DeploymentEvent>(connection, {
        path: `/v1/deployments/${segment(id)}/events`,
        isLast: (event) => event.type === 'finished',
        ...(options.afterSeq !== undefined && { lastEventId: String(options.afterSeq) }),
        ...(options.signal && { signal: options.signal }),
      }),
    waitForDeployment: (id: string, options: { timeoutMs: number; signal?: AbortSignal }) =>
      untilTime(options.timeoutMs, (timeoutMs) =>
        get<DeploymentWait>(
          `/v1/deployments/${segment(id)}/wait${query({ timeoutMs })}`,
          options.signal,
        ).then((answer) => ({ answer, done: answer.finished })),
      ),
    cancelDeployment: (id: string) =>
      post<DeploymentResource>(`/v1/deployments/${segment(id)}/cancel`, {}),

    agents: (options: PageOptions = {}) =>
      get<Page<AgentResource>>(`/v1/agents${query({ ...options })}`),
    agent: (name: string) => get<AgentResource>(agentPath(name)),
    /** Marks it for deletion; wait for the state `deleted`. */
    deleteAgent: (name: string) => call<AgentResource>({ method: 'DELETE', path: agentPath(name) }),
    waitForAgent: (
      name: string,
      options: { state: AgentWaitState; timeoutMs: number; signal?: AbortSignal },
    ) =>
      untilTime(options.timeoutMs, (timeoutMs) =>
        get<AgentWait>(
          `${agentPath(name)}/wait${query({ state: options.state, timeoutMs })}`,
          options.signal,
        ).then((answer) => ({ answer, done: answer.reached })),
      ),
    scale: (name: string, body: { replicas: number }) =>
      post<AgentResource>(`${agentPath(name)}/scale`, body),
    rollback: (name: string, body: { revision?: number } = {}) =>
      post<DeploymentResource>(`${agentPath(name)}/rollback`, body),
    restart: (name: string) => post<DeploymentResource>(`${agentPath(name)}/restart`, {}),
    revisions: (name: string, options: PageOptions = {}) =>
      get<Page<RevisionResource>>(`${agentPath(name)}/revisions${query({ ...options })}`),
    machines: (name: string) => get<Page<MachineResource>>(`${agentPath(name)}/machines`),
    /** Oldest first; with `follow` it stays open and reads on in machines that come later. */
    async *logs(name: string, options: LogsOptions = {}): AsyncGenerator<LogRecordResource> {
      const { signal, ...rest } = options;
      const path = `${agentPath(name)}/logs${query(rest)}`;
      yield* readLines<LogRecordResource>(connection, { path, ...(signal && { signal }) });
    },
    /** The end of the console of kernel and guestd. */
    async console(name: string, options: { replica?: number } = {}): Promise<string> {
      const answer = await send(connection, {
        method: 'GET',
        path: `${agentPath(name)}/console${query(options)}`,
        headers: { accept: 'text/plain' },
      });
      if (answer.status >= 400) throw await readProblem(answer);
      return (await readBody(answer)).toString('utf8');
    },
    /** Kills the machine's process on the host; the fleet then replaces it. */
    killMachine: (id: string) =>
      post<{ id: string }>(`/v1/machines/${encodeURIComponent(id)}/kill`, {}),
    /** All agents as they are, then every change. Reconnects by itself, and begins anew then. */
    watch: (options: { agent?: string; signal?: AbortSignal } = {}) =>
      followEvents<WatchEvent>(connection, {
        path: `/v1/watch${query({ agent: options.agent })}`,
        isLast: () => false,
        ...(options.signal && { signal: options.signal }),
      }),
    exec: (name: string, start: ExecStart): Promise<ExecSession> =>
      openExec(connection, { path: `${agentPath(name)}/exec`, start }),
    /** A call to the agent through the gateway. */
    async invoke(name: string, options: InvokeOptions): Promise<InvokeAnswer> {
      const path = `/agents/${segment(name)}${options.path}`;
      const answer: HttpAnswer = await send(connection, { ...options, path });
      return { status: answer.status, headers: answer.headers, body: answer.body };
    },

    createToken: (body: TokenBody) => post<NewTokenResource>('/v1/tokens', body),
    tokens: () => get<Page<TokenResource>>('/v1/tokens'),
    deleteToken: (id: string) =>
      call<undefined>({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}` }),
  };
}

function agentPath(name: string): string {
  return `/v1/agents/${segment(name)}`;
}

/** As one part of a path; '' would make it another endpoint's. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..')
    throw connectionErrors.swarmd_url_invalid(`"${text}" is no name.`, {
      remedy: 'Give a name of letters, digits and "-".',
    });
  return encodeURIComponent(text);
}

function query(values: Record<string, string | number | boolean | undefined>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function deployHeaders(options: DeployOptions): Record<string, string> {
  return {
    ...(options.gitToken !== undefined && { [GIT_TOKEN_HEADER]: options.gitToken }),
    ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
  };
}

/** Asks again, each time for as long as the server holds a wait, until done or out of time. */
async function untilTime<T>(
  timeoutMs: number,
  ask: (timeoutMs: number) => Promise<{ answer: T; done: boolean }>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = Math.max(0, Math.ceil(deadline - performance.now()));
    const { answer, done } = await ask(Math.min(leftMs, MAX_WAIT_MS));
    if (done || performance.now() >= deadline) return answer;
  }
}
