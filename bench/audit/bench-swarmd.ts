import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../src/base/wait.ts';
import { type AuditStatus, auditStatus } from '../../src/contracts/audit-status.ts';
import { createClient, findConnection, readSwarmdFile } from '../../src/contracts/client.ts';

export interface BenchSwarmd {
  readonly url: URL;
  readonly token: string;
  readonly pid: number;
  status(): Promise<AuditStatus>;
  /** Status of the answer and its bytes. */
  get(path: string): Promise<{ status: number; bytes: number }>;
  memoryMb(): Promise<{ resident: number; peak: number }>;
  /** Seconds of processor time so far, of all threads. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** A real swarmd as a process of its own on that home; only its machines are fakes. */
export async function startBenchSwarmd(home: string): Promise<BenchSwarmd> {
  const program = join(
    import.meta.dirname,
    '../../tests/integration/fixtures/swarmd-with-fakes.ts',
  );
  const profile = process.env.SWARM_BENCH_CPU_PROFILES;
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const child = spawn(process.execPath, [...profiling, program], {
    env: {
      ...{ PATH: process.env.PATH, SWARM_HOME: home, SWARM_LISTEN: '127.0.0.1:0' },
      ...{ SWARM_LOG_LEVEL: 'warn', NODE_OPTIONS: process.env.SWARM_BENCH_NODE_OPTIONS },
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const { pid } = child;
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const connection = await waitUntil(
      async () => {
        if (child.exitCode !== null) throw new Error('swarmd ended before it was ready');
        if ((await readSwarmdFile(home))?.pid !== pid) return undefined;
        const found = await findConnection({ home, env: {} });
        return (await createClient(found).readiness()).ready ? found : undefined;
      },
      { timeoutMs: 120_000 },
    );
    if (connection === undefined || pid === undefined) throw new Error('swarmd is not ready');
    const { url, token } = connection;
    const get = (path: string) =>
      fetch(new URL(path, url), {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(120_000),
      });
    return {
      ...{ pid, token, stop, url: new URL(url), memoryMb: () => memoryOf(pid) },
      cpuSeconds: () => cpuSecondsOf(pid),
      status: async () => auditStatus.parse(await (await get('/v1/audit')).json()),
      get: async (path) => {
        const answer = await get(path);
        return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function memoryOf(pid: number): Promise<{ resident: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { resident: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** Linux counts in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process, after its name in parentheses: fields 14 and 15 of stat(5). */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
