/**
 * swarmd, put together: read top to bottom it is the order of the start, and each step names its
 * undo, which `stop` takes from the last to the first. It listens as soon as it can say how far it
 * is, and is ready when GET /readyz says so.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Access, createAccess, ensureRootToken } from '../access/access.ts';
import type { Activity } from '../activity/activity.ts';
import {
  type Api,
  apiErrors,
  createApi,
  createRefusalLimiter,
  OUTCOME_UNKNOWN,
  STREAM_TIMES,
  type SystemPort,
} from '../api/api.ts';
import { type Audit, openAudit } from '../audit/audit.ts';
import { isoTime, systemClock } from '../base/clock.ts';
import { writeFileAtomic } from '../base/files.ts';
import { newId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { identifyProcess } from '../base/process-identity.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { SwarmdFile } from '../contracts/connection.ts';
import type { Trail } from '../contracts/trail.ts';
import { type Cost, openCost } from '../cost/cost.ts';
import {
  createHostResolver,
  type EgressPolicies,
  type HostResolver,
  openEgressPolicies,
} from '../egress/egress.ts';
import { openSecrets, type Secrets } from '../secrets/secrets.ts';
import { createStore, type Store } from '../store/store.ts';
import { type Configuration, isLoopback } from './configuration.ts';
import { connectionLimit } from './connection-limit.ts';
import { ensureCacheFolder, lockHome } from './home-lock.ts';
import { closeServer, createHttpServer, listen } from './http-server.ts';
import { openActivity } from './open-activity.ts';
import { createScriptedModel } from './scripted-model/scripted-model.ts';
import { StartProgress } from './start-progress.ts';
import { startTellingEndedSessions } from './tell-ended-sessions.ts';
import {
  auditState,
  showAuditState,
  tellPartFailed,
  tellStarted,
  tellStopped,
} from './tell-swarmd.ts';
import { packageRoot, packageVersion } from './version.ts';
import { createWorkload, type MachinesOpener, type Workload } from './workload.ts';

export interface RunningSwarmd {
  readonly url: string;
  /** Resolves when it has stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
  /** Resolves when GET /readyz is 200; rejects when that will not be. */
  readonly ready: Promise<void>;
  stop(options: { machines: boolean }): Promise<void>;
}

/** Requests that are being answered may take so long to end; then they are cut off. */
const LAST_ANSWERS_MS = 10_000;
const MAX_BODY_BYTES = 1024 * 1024;
const BODY_TIMEOUT_MS = 60_000;

export interface StartOptions {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** Replaced in tests, where machines are not the point. */
  readonly openMachines: MachinesOpener;
}

export async function startSwarmd(options: StartOptions): Promise<RunningSwarmd> {
  const { configuration, log } = options;
  const { home } = configuration;
  const clock = systemClock;
  const startedAt = isoTime(clock.nowMs());
  const undo = new AsyncDisposableStack();
  const stopper = createStopper(undo, log);
  let trail: Trail | undefined;
  let wayOut: Pick<Workload, 'cutOff' | 'callsPerMinute'> | undefined;
  try {
    if (!isLoopback(configuration.listen.host))
      log.warn({ host: configuration.listen.host }, 'reachable from other hosts, without TLS');
    undo.adopt(await lockHome(home), (lock) => lock.close());
    await ensureCacheFolder(configuration.cacheDir);

    const progress = new StartProgress(['store', 'audit', 'machines', 'fleet'], {
      log,
      onFailed: (part, message) => tellPartFailed(trail, { part, message }),
    });
    const store = await createStore({ path: join(home, 'swarm.db'), log });
    undo.defer(() => store.close());
    await store.idempotency.finishAbandoned(OUTCOME_UNKNOWN);
    const access = await createAccess({ store, clock });
    await ensureRootToken(access, { path: join(home, 'token'), nowMs: clock.nowMs() });
    progress.ready('store');

    // Before everything that acts, and closed after it.
    const audit = await openAudit({
      ...{ dir: join(home, 'audit'), store, log, clock },
      verifyEveryHours: configuration.auditVerifyHours,
    });
    undo.defer(() => audit.close());
    showAuditState(audit, progress);
    trail = audit.trail(DEFAULT_WORKSPACE);
    undo.defer(() => tellStopped(audit, { machines: stopper.machines }));
    undo.defer(startTellingEndedSessions({ access, trail, log }));

    const secrets = await openSecrets({
      ...{ store, clock, log, rootKeyPath: join(home, 'root.key') },
      trail: (workspaceId) => audit.trail(workspaceId),
    });
    undo.defer(() => secrets.close());

    const egressPolicies = await openEgressPolicies({
      ...{ store: store.egressRules, clock },
      trail: (workspaceId) => audit.trail(workspaceId),
    });

    const scriptedModel = createScriptedModel();
    undo.defer(() => scriptedModel.close());
    const { hostsPath } = configuration.egress;
    const resolver = scriptedModel.resolver(createHostResolver({ clock, hostsPath }));
    const cost = await openCost({
      ...{ store, clock, log, costLog: audit.search },
      trailOf: (workspaceId) => audit.trail(workspaceId),
      callsPerMinute: (caller) => wayOut?.callsPerMinute(caller),
      onPaused: (agent) => wayOut?.cutOff(agent),
    });
    undo.defer(() => cost.close());

    const workload = await createWorkload({
      ...{ ...options, store, clock, progress, audit },
      ...{ secrets, egressPolicies, cost, resolver, scriptedModel },
    });
    wayOut = workload;
    undo.defer(() => workload.close({ machines: stopper.machines }));

    const fleet = () => workload.fleet.value;
    const activity = openActivity({ audit, cost, clock, log, fleet });
    undo.defer(() => activity.close());

    const system: SystemPort = {
      describe: () => ({
        ...{ version: packageVersion, pid: process.pid, startedAt, home },
        ...workload.machinery(),
        audit: auditState(audit),
      }),
      readiness: () => progress.readiness(),
      // After the answer to whoever asked for it.
      stop: (how) => void setImmediate(() => stopper.stop(how).catch(() => undefined)),
    };
    const parts = {
      store,
      access,
      workload,
      system,
      audit,
      secrets,
      egressPolicies,
      cost,
      resolver,
      activity,
    };
    const api = wireApi({ ...options, ...parts });
    const server = createHttpServer({
      api,
      access,
      log,
      gateway: workload.gateway,
      checkReady() {
        // Whether the audit log takes the call is said by the log itself, call by call.
        if (!['store', 'machines', 'fleet'].every((part) => progress.isReady(part)))
          throw apiErrors.not_ready('swarmd is still starting.');
      },
      allowedHosts: configuration.allowedHosts,
      maxConnections: connectionLimit(),
    });
    undo.defer(async () => {
      api.close();
      await closeServer(server, { timeoutMs: LAST_ANSWERS_MS });
    });
    const url = await listen(server, configuration.listen);

    const self = identifyProcess(process.pid);
    if (self === undefined) throw new Error('this process is not in /proc');
    const file: SwarmdFile = { ...self, startedAt, url, version: packageVersion };
    const filePath = join(home, 'swarmd.json');
    await writeFileAtomic(filePath, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
    undo.defer(() => rm(filePath, { force: true }));
    log.info({ url, home, version: packageVersion }, 'swarmd listens');
    tellStarted(audit, { url });
    return {
      url,
      ready: workload.start({ url }),
      stopped: stopper.stopped,
      stop: (how) => stopper.stop(how),
    };
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

function wireApi(
  options: StartOptions & {
    store: Store;
    access: Access;
    workload: Workload;
    system: SystemPort;
    audit: Audit;
    secrets: Secrets;
    egressPolicies: EgressPolicies;
    resolver: HostResolver;
    cost: Cost;
    activity: Activity;
  },
): Api {
  const { configuration, log, store, access, workload, system, audit, secrets } = options;
  return createApi({
    ...{ access, system, log, audit, secrets, cost: options.cost, activity: options.activity },
    refusals: createRefusalLimiter(audit.trail(DEFAULT_WORKSPACE), systemClock),
    clock: systemClock,
    idempotency: store.idempotency,
    images: workload.images,
    egress: { policies: options.egressPolicies, resolver: options.resolver },
    // Asked for when they are needed: they are there only after a while.
    get fleet() {
      return workload.fleet.value;
    },
    get deployer() {
      return workload.deployer.value;
    },
    get machines() {
      return workload.machines.value;
    },
    limits: {
      maxUploadBytes: configuration.maxUploadBytes,
      maxBodyBytes: MAX_BODY_BYTES,
      bodyTimeoutMs: BODY_TIMEOUT_MS,
    },
    allowedHosts: configuration.allowedHosts,
    dashboardDir: join(packageRoot, '.swarm', 'dashboard'),
    openApiPath: join(packageRoot, 'docs', 'openapi.json'),
    streamTimes: STREAM_TIMES,
    newRequestId: () => newId('req'),
  });
}

/** Stops once, however often and by whomever it is asked to. */
function createStopper(undo: AsyncDisposableStack, log: Logger) {
  const ended = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  return {
    machines: false,
    stopped: ended.promise,
    stop(how: { machines: boolean }): Promise<void> {
      if (stopping !== undefined) return stopping;
      log.info(how, 'swarmd stops');
      this.machines = how.machines;
      stopping = undo.disposeAsync().then(() => log.info('swarmd has stopped'));
      stopping.then(ended.resolve, ended.reject);
      return stopping;
    },
  };
}
