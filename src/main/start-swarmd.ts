/**
 * swarmd, put together: read top to bottom it is the order of the start; `stop` is the order of
 * the end. It listens as soon as it can say how far it is, and is ready when GET /readyz says so.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createAccess, ensureRootToken } from '../access/access.ts';
import {
  apiErrors,
  createApi,
  OUTCOME_UNKNOWN,
  STREAM_TIMES,
  type SystemPort,
} from '../api/api.ts';
import { isoTime, systemClock } from '../base/clock.ts';
import { writeFileAtomic } from '../base/files.ts';
import { newId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { SwarmdFile } from '../contracts/connection.ts';
import { createStore } from '../store/store.ts';
import type { Configuration } from './configuration.ts';
import { isLoopback } from './configuration.ts';
import { lockHome } from './home-lock.ts';
import { closeServer, createHttpServer, listen } from './http-server.ts';
import { StartProgress } from './start-progress.ts';
import { packageRoot, packageVersion } from './version.ts';
import { createWorkload, type MachinesOpener } from './workload.ts';

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

export async function startSwarmd(options: {
  configuration: Configuration;
  log: Logger;
  /** Replaced in tests, where machines are not the point. */
  openMachines: MachinesOpener;
}): Promise<RunningSwarmd> {
  const { configuration, log } = options;
  const { home } = configuration;
  const clock = systemClock;
  const startedAtMs = clock.nowMs();
  if (!isLoopback(configuration.listen.host))
    log.warn({ host: configuration.listen.host }, 'reachable from other hosts, without TLS');
  const lock = await lockHome(home);
  const progress = new StartProgress(['store', 'machines', 'fleet'], log);
  const store = await createStore({ path: join(home, 'swarm.db'), log });
  await store.idempotency.finishAbandoned(OUTCOME_UNKNOWN);
  const access = await createAccess({ store, clock });
  await ensureRootToken(access, { path: join(home, 'token'), nowMs: startedAtMs });
  progress.ready('store');

  const workload = await createWorkload({ ...options, store, clock, progress });
  const system: SystemPort = {
    describe: () => ({
      version: packageVersion,
      pid: process.pid,
      startedAt: isoTime(startedAtMs),
      home,
      ...workload.machinery(),
    }),
    readiness: () => progress.readiness(),
    // After the answer to whoever asked for it.
    stop: (how) => void setImmediate(() => void stop(how)),
  };
  const api = createApi({
    ...{ access, system, clock, log, idempotency: store.idempotency },
    get fleet() {
      return workload.fleet.value;
    },
    get deployer() {
      return workload.deployer.value;
    },
    get machines() {
      return workload.machines.value;
    },
    images: workload.images,
    limits: { maxUploadBytes: configuration.maxUploadBytes, maxBodyBytes: MAX_BODY_BYTES },
    allowedHosts: configuration.allowedHosts,
    openApiPath: join(packageRoot, 'docs', 'openapi.json'),
    streamTimes: STREAM_TIMES,
    newRequestId: () => newId('req'),
  });
  const server = createHttpServer({
    api,
    access,
    log,
    gateway: workload.gateway,
    checkReady: () => {
      if (!progress.readiness().ready) throw apiErrors.not_ready('swarmd is still starting.');
    },
    allowedHosts: configuration.allowedHosts,
  });
  const url = await listen(server, configuration.listen);
  const filePath = join(home, 'swarmd.json');
  const file: SwarmdFile = {
    pid: process.pid,
    startedAt: isoTime(startedAtMs),
    url,
    version: packageVersion,
  };
  await writeFileAtomic(filePath, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  log.info({ url, home, version: packageVersion }, 'swarmd listens');
  const ready = workload.start({ url });

  let stopping: Promise<void> | undefined;
  const ended = Promise.withResolvers<void>();
  function stop(how: { machines: boolean }): Promise<void> {
    stopping ??= shutDown(how).then(ended.resolve, ended.reject);
    return stopping;
  }

  async function shutDown(how: { machines: boolean }): Promise<void> {
    log.info(how, 'swarmd stops');
    await rm(filePath, { force: true });
    api.close();
    await closeServer(server, { timeoutMs: LAST_ANSWERS_MS });
    await workload.close(how);
    await store.close();
    log.info('swarmd has stopped');
    await lock.close();
  }

  return { url, ready, stopped: ended.promise, stop };
}
