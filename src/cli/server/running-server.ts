import type { ProcessIdentity } from '../../base/process-identity.ts';
import {
  createClient,
  findConnection,
  readSwarmdFile,
  type SwarmClient,
} from '../../contracts/client.ts';
import type { CliContext } from '../context.ts';

export interface RunningServer {
  readonly client: SwarmClient;
  /** Undefined when SWARM_URL says where it is: it may be on another host. */
  readonly process: ProcessIdentity | undefined;
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
  if (!(await client.isUp())) return undefined;
  return { client, process: env.SWARM_URL ? undefined : file };
}
