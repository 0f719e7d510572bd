import { type ChildProcess, spawn } from 'node:child_process';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../base/files.ts';
import { sleep } from '../../base/wait.ts';
import type { SwarmClient } from '../../contracts/client.ts';
import { cliErrors } from '../errors.ts';
import { createLiveLines } from '../output/live-lines.ts';
import { durationText, printable } from '../output/text.ts';
import type { Session } from '../session.ts';
import { findRunningServer, type RunningServer } from './running-server.ts';
import { logTail } from './server-log.ts';

/** The first start fetches a kernel and compiles guestd, maybe over a slow line. */
const READY_TIMEOUT_MS = 20 * 60_000;
const POLL_MS = 150;

export interface StartOptions {
  /** `HOST:PORT`. */
  readonly listen?: string;
}

/**
 * Starts swarmd in the background and waits until it is ready; finds the one that runs already.
 * @throws swarmd_start_failed with the end of its log
 */
export async function startServer(
  session: Session,
  options: StartOptions = {},
): Promise<RunningServer & { readonly alreadyRunning: boolean }> {
  const running = await findRunningServer(session.context);
  if (running !== undefined) {
    await waitUntilReady(session, { find: async () => running });
    return { ...running, alreadyRunning: true };
  }
  const { home } = session.context;
  const logPath = join(home, 'swarmd.log');
  const child = await launch(session, { ...options, logPath });
  const found = await waitUntilReady(session, {
    find: () => findRunningServer(session.context),
    child,
    logPath,
  });
  return { ...found, alreadyRunning: false };
}

/** The environment of a swarmd that this CLI starts. */
export function serverEnvironment(session: Session, { listen }: StartOptions): NodeJS.ProcessEnv {
  const { env, home } = session.context;
  return { ...env, SWARM_HOME: home, ...(listen !== undefined && { SWARM_LISTEN: listen }) };
}

async function launch(
  session: Session,
  options: StartOptions & { logPath: string },
): Promise<ChildProcess> {
  const { home, wiring } = session.context;
  const { logPath } = options;
  try {
    await makeFolder(home, { mode: 0o700 });
    await rename(logPath, `${logPath}.1`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    const log = await open(logPath, 'wx', 0o600);
    try {
      return spawn(process.execPath, [wiring.swarmdPath], {
        cwd: home,
        env: serverEnvironment(session, options),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
    } finally {
      await log.close();
    }
  } catch (cause) {
    throw cliErrors.swarmd_start_failed(`the data folder ${home} cannot be written`, {
      cause,
      remedy: 'Set SWARM_HOME to a folder of your own.',
    });
  }
}

/** What swarmd says when it cannot start, with the remedy on the next line. */
const LAST_WORDS = 'swarmd: ';

interface Waited {
  readonly find: () => Promise<RunningServer | undefined>;
  readonly child?: ChildProcess;
  readonly logPath?: string;
}

async function waitUntilReady(session: Session, waited: Waited): Promise<RunningServer> {
  const { output, signal } = session;
  const startedMs = Date.now();
  const live = output.live ? createLiveLines(output.stderr) : undefined;
  let told = '';
  const tell = (text: string) => {
    live?.draw([
      `  starting swarmd  ${text}  ${output.errorColors.dim(durationText(Date.now() - startedMs))}`,
    ]);
    if (live === undefined && text !== told) output.note(`starting swarmd: ${text}`);
    told = text;
  };
  try {
    while (Date.now() - startedMs < READY_TIMEOUT_MS) {
      signal.throwIfAborted();
      const { child } = waited;
      if (child !== undefined && (child.exitCode !== null || child.signalCode !== null)) break;
      const server = await waited.find();
      const waiting = server === undefined ? 'not listening yet' : await unready(server.client);
      if (server !== undefined && waiting === undefined) return server;
      const lastLine =
        waited.logPath === undefined
          ? undefined
          : (await logTail(waited.logPath, 3)).findLast((line) => !/^(swarmd:| )/.test(line));
      tell(
        printable(server === undefined ? (lastLine ?? 'not listening yet') : (waiting ?? '')).slice(
          0,
          200,
        ),
      );
      await sleep(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) waited.child?.kill('SIGTERM');
    throw error;
  } finally {
    live?.clear();
    waited.child?.unref();
  }
  throw await startFailed(waited);
}

/**
 * What is not ready, in words; undefined when everything is.
 * @throws swarmd_start_failed when an attempt failed: swarmd tries again, and who waits may wait long
 */
async function unready(client: SwarmClient): Promise<string | undefined> {
  const state = await client.readiness().catch(() => undefined);
  if (state === undefined) return 'not answering yet';
  if (state.ready) return undefined;
  const parts = state.parts.filter((part) => !part.ready);
  const failed = parts.find((part) => part.failed === true);
  if (failed !== undefined)
    throw cliErrors.swarmd_start_failed(
      `swarmd runs, but its part "${failed.name}" is not ready: ${printable(failed.detail ?? '')}`,
      {
        remedy:
          'Mend what it says; where it does not go on by itself then: swarm down, and swarm up -d. "swarm doctor" says what is missing.',
      },
    );
  return parts
    .map(({ name, detail }) => (detail === null ? name : `${name}: ${detail}`))
    .join('; ');
}

async function startFailed({ child, logPath }: Waited): Promise<Error> {
  const ended = child !== undefined && (child.exitCode !== null || child.signalCode !== null);
  if (!ended) child?.kill('SIGTERM');
  const lines = logPath === undefined ? [] : await logTail(logPath, 15);
  const what = ended
    ? `swarmd ended at its start (${child.exitCode ?? child.signalCode})`
    : `swarmd was not ready within ${durationText(READY_TIMEOUT_MS)}`;
  const last = lines.findLastIndex((line) => line.startsWith(LAST_WORDS));
  if (ended && last >= 0)
    return cliErrors.swarmd_start_failed(
      `swarmd did not start: ${printable((lines[last] ?? '').slice(LAST_WORDS.length))}`,
      {
        remedy: printable((lines[last + 1] ?? '').trim()) || 'Run "swarm doctor".',
        details: { logPath },
      },
    );
  const log = lines.map((line) => `\n  │ ${printable(line)}`).join('');
  return cliErrors.swarmd_start_failed(
    `${what}${log}`,
    logPath === undefined ? {} : { details: { logPath } },
  );
}
