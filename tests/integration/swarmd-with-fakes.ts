/** A real swarmd as a process, with a real log and the CLI pointed at it; only machines are fakes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../src/base/wait.ts';
import {
  createClient,
  findConnection,
  readSwarmdFile,
  type SwarmClient,
} from '../../src/contracts/client.ts';
import { type CliOptions, type CliOutcome, runCli } from './cli-process.ts';

const PROGRAM = join(import.meta.dirname, 'fixtures', 'swarmd-with-fakes.ts');
const READY_TIMEOUT_MS = 60_000;

export interface FakedSwarmd {
  readonly home: string;
  readonly client: SwarmClient;
  cli(args: readonly string[], options?: CliOptions): Promise<CliOutcome>;
  /** Ends it with that signal and starts another on the same home. */
  restart(signal: NodeJS.Signals): Promise<void>;
  /** All that it wrote to its log. */
  log(): string;
  remove(): Promise<void>;
}

export async function startSwarmdWithFakes(): Promise<FakedSwarmd> {
  const home = await mkdtemp(join(tmpdir(), 'swarm-audit-'));
  let child: ChildProcess | undefined;
  let log = '';
  const stop = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
  };
  const remove = async () => {
    await stop('SIGKILL');
    await rm(home, { recursive: true, force: true });
  };
  try {
    let client = await start();
    return {
      home,
      get client() {
        return client;
      },
      cli: (args, options = {}) =>
        runCli(args, { ...options, env: { SWARM_HOME: home, TZ: 'UTC', ...options.env } }),
      async restart(signal) {
        await stop(signal);
        client = await start();
      },
      log: () => log,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }

  async function start(): Promise<SwarmClient> {
    const started = spawn(process.execPath, [PROGRAM], {
      env: { PATH: process.env.PATH, SWARM_HOME: home, SWARM_LISTEN: '127.0.0.1:0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    let output = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      log += text;
    });
    const ready = await waitUntil(
      async () => {
        if (started.exitCode !== null) throw new Error(`swarmd ended: ${output}`);
        if ((await readSwarmdFile(home))?.pid !== started.pid) return undefined;
        const found = createClient(await findConnection({ home, env: {} }));
        return (await found.readiness()).ready ? found : undefined;
      },
      { timeoutMs: READY_TIMEOUT_MS },
    );
    if (ready === undefined) throw new Error(`swarmd is not ready: ${output}`);
    return ready;
  }
}
