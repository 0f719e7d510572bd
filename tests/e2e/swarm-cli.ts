/** A swarmd of a test's own: its home, its port, the CLI pointed at it, and what it left behind. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'src', 'main', 'cli.ts');

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** 5 minutes when not given. */
  readonly timeoutMs?: number;
  readonly input?: string;
  /** Over the environment of this swarm. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Swarm {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs the CLI; kills it after `timeoutMs` (5 minutes when not given). */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** As `cli`, but a failure throws with all that was printed. */
  ok(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  json<T = Record<string, unknown>>(args: readonly string[]): Promise<T>;
  /** swarmd's process id, as its home says. */
  pid(): number;
  /** Everything of this home that is still on the host although nothing should be. */
  leftovers(): string[];
  /** Stops swarmd and its machines, and removes the home. */
  remove(): Promise<void>;
}

/** Boot assets, base images and layers are shared between homes, so that each is made once. */
export const CACHE_DIR = process.env.SWARM_TEST_CACHE_DIR ?? join(tmpdir(), 'swarm-test-cache');

export async function startSwarm(extraEnv: NodeJS.ProcessEnv = {}): Promise<Swarm> {
  const home = await mkdtemp(join(tmpdir(), 'swarm-home-'));
  const env = {
    ...process.env,
    SWARM_HOME: home,
    SWARM_CACHE_DIR: CACHE_DIR,
    SWARM_LISTEN: '127.0.0.1:0',
    NO_COLOR: '1',
    ...extraEnv,
  };
  const swarm = makeSwarm(home, env);
  try {
    await swarm.ok(['up', '-d'], { timeoutMs: 900_000 });
  } catch (error) {
    await swarm.remove();
    throw error;
  }
  return swarm;
}

function makeSwarm(home: string, env: NodeJS.ProcessEnv): Swarm {
  const cli: Swarm['cli'] = (args, options = {}) =>
    runCli(args, { ...options, env: { ...env, ...options.env } });
  const ok: Swarm['ok'] = async (args, options) => {
    const result = await cli(args, options);
    if (result.exitCode !== 0)
      throw new Error(
        `swarm ${args.join(' ')} ended with ${result.exitCode}\n${result.stdout}\n${result.stderr}`,
      );
    return result;
  };
  return {
    home,
    env,
    cli,
    ok,
    json: async <T>(args: readonly string[]) =>
      JSON.parse((await ok([...args, '--output', 'json'])).stdout) as T,
    pid: () => (JSON.parse(readFileSync(join(home, 'swarmd.json'), 'utf8')) as { pid: number }).pid,
    leftovers: () => leftovers(home),
    remove: async () => {
      await cli(['down', '--machines'], { timeoutMs: 120_000 });
      // A swarmd that could not be told leaves no process behind all the same.
      endProcessesOf(home);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function runCli(
  args: readonly string[],
  options: CliOptions & { env: NodeJS.ProcessEnv },
): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], { env: options.env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 300_000);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        exitCode: code ?? 128,
        stdout,
        stderr: signal ? `${stderr}\n[${signal}]` : stderr,
      });
    });
  });
}

/** Processes (swarmd itself left out) whose arguments name the home, or that run in it. */
export function processesOf(home: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      // A VMM with a user of its own names files from the machine's folder, where it runs.
      if (command.includes(home) || readlinkSync(`/proc/${entry}/cwd`).startsWith(`${home}/`))
        found.push({ pid: Number(entry), command: command.slice(0, 200) });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

function leftovers(home: string): string[] {
  const folder = (name: string) => {
    const path = join(home, name);
    return existsSync(path) ? readdirSync(path).map((entry) => `${name}/${entry}`) : [];
  };
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return [
    ...processesOf(home).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...folder('machines').map((path) => `machine folder ${path}`),
    ...mounts.filter((line) => line.includes(home)).map((line) => `mount ${line}`),
  ];
}

/** Kills swarmd of that home and everything that names it in its arguments. */
export function endProcessesOf(home: string): void {
  for (const { pid } of [...ownSwarmd(home), ...processesOf(home)]) kill(pid);
}

/** swarmd of that home, by its environment: its arguments do not name the home. */
function ownSwarmd(home: string): { pid: number }[] {
  return processesOf('src/main/swarmd.ts').filter(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .includes(`SWARM_HOME=${home}`);
    } catch {
      return false; // It ended while we looked.
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
