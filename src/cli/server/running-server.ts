import { readFile } from 'node:fs/promises';
import {
  createClient,
  findConnection,
  readSwarmdFile,
  type SwarmClient,
} from '../../contracts/client.ts';
import type { CliContext } from '../context.ts';

export interface RunningServer {
  readonly client: SwarmClient;
  readonly pid: number | undefined;
}

/** The swarmd of this home that answers, or undefined. */
export async function findRunningServer({
  home,
  env,
}: CliContext): Promise<RunningServer | undefined> {
  const file = await readSwarmdFile(home);
  if (file === undefined && !env.SWARM_URL) return undefined;
  const connection = await findConnection({ home, env }).catch(() => undefined);
  if (connection === undefined) return undefined;
  const client = createClient(connection);
  return (await client.isUp()) ? { client, pid: file?.pid } : undefined;
}

/** Is that process a swarmd? Its number may have gone to another process since. */
export async function isServerProcess(pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes('swarmd');
}
