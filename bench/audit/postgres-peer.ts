/** A private PostgreSQL in a folder, reached by a socket there, fed through psql. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mustRun } from '../../src/base/command.ts';

export interface Postgres {
  /** One transaction of these lines. */
  copy(lines: string): Promise<void>;
  stop(): Promise<void>;
}

const LIBRARY = '/usr/lib/postgresql';
const TABLE = `
CREATE TABLE events (
  id text PRIMARY KEY, time timestamptz NOT NULL, agent text, tool text, status text, run text,
  body text NOT NULL);
CREATE INDEX ON events (time);
CREATE INDEX ON events (agent, time);
CREATE INDEX ON events (tool, time);
`;

/** It refuses to run as root, so then it runs as nobody. */
const AS_NOBODY =
  process.getuid?.() === 0
    ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--']
    : [];

export async function startPostgres(folder: string): Promise<Postgres | { reason: string }> {
  const versions = existsSync(LIBRARY) ? (await readdir(LIBRARY)).sort() : [];
  const programs = join(LIBRARY, versions.at(-1) ?? 'none', 'bin');
  if (!existsSync(join(programs, 'postgres')) || !existsSync(join(programs, 'initdb')))
    return { reason: 'PostgreSQL is not installed' };
  await mkdir(folder, { recursive: true });
  const data = join(folder, 'data');
  if (AS_NOBODY.length > 0)
    await mustRun('chown', ['nobody:nogroup', folder], { timeoutMs: 5_000 });
  await chmod(folder, 0o700);
  const [program = '', ...before] = [...AS_NOBODY, join(programs, 'initdb')];
  await mustRun(program, [...before, '-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8'], {
    ...{ timeoutMs: 120_000, cwd: '/' },
  });
  const [server = '', ...rest] = [...AS_NOBODY, join(programs, 'postgres')];
  const postgres = spawn(server, [...rest, '-D', data, '-k', folder, '-c', 'listen_addresses='], {
    ...{ stdio: 'ignore', cwd: '/' },
  });
  const ended = once(postgres, 'exit');
  const stop = async () => {
    if (postgres.exitCode !== null || postgres.signalCode !== null) return;
    postgres.kill('SIGINT');
    await ended;
  };
  try {
    return await connect({ folder, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connect({ folder, stop }: { folder: string; stop: () => Promise<void> }) {
  const socket = join(folder, '.s.PGSQL.5432');
  for (let i = 0; i < 200 && !existsSync(socket); i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const psql = spawn(
    'psql',
    ['-h', folder, '-U', 'bench', '-qAtX', '-v', 'ON_ERROR_STOP=1', 'postgres'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const answers = createInterface({ input: psql.stdout })[Symbol.asyncIterator]();
  const say = async (text: string) => {
    psql.stdin.write(`${text}\n\\echo done\n`);
    const { value, done } = await answers.next();
    if (done === true || value !== 'done') throw new Error('psql did not take what it was told');
  };
  await say(TABLE);
  return {
    copy: (lines: string) =>
      say(`COPY events FROM STDIN;\n${lines.split('\n').flatMap(row).join('\n')}\n\\.`),
    stop: async () => {
      const ended = once(psql, 'exit');
      psql.stdin.end();
      await ended;
      await stop();
    },
  };
}

function row(line: string): string[] {
  if (line === '') return [];
  const { id, time, agent, tool, status, run } = JSON.parse(line) as Record<string, string>;
  return [[id, time, agent, tool, status, run, line.replaceAll('\\', '\\\\')].join('\t')];
}
