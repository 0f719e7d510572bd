/** Where swarmd is and with which token: from the environment, or from its home folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { defineErrors } from '../base/errors.ts';
import { readTextIfThere } from '../base/files.ts';
import { isAlive } from '../base/process-identity.ts';

export const connectionErrors = defineErrors({
  swarmd_not_running: { status: 503, remedy: 'Start it with "swarm up -d".' },
  swarmd_token_missing: {
    status: 401,
    remedy: 'Set SWARM_TOKEN, or run as the user who started swarmd.',
  },
  swarmd_url_invalid: {
    status: 400,
    remedy: 'Set SWARM_URL to something like http://127.0.0.1:7700.',
  },
});

export interface Connection {
  /** Without a slash at its end: `http://127.0.0.1:7700`. */
  readonly url: string;
  readonly token: string;
}

/** HOME/swarmd.json: written when swarmd listens, removed when it stops. */
export const swarmdFile = z.object({
  pid: z.number().int().positive(),
  /** With the pid they name this one process for ever: base/process-identity.ts. */
  startTicks: z.number().int().nonnegative(),
  bootId: z.string().min(1),
  startedAt: z.string(),
  url: z.string(),
  version: z.string(),
});
export type SwarmdFile = z.infer<typeof swarmdFile>;

/** What HOME/swarmd.json says, or undefined when there is none or it is not whole. */
export async function readSwarmdFile(home: string): Promise<SwarmdFile | undefined> {
  const text = await readTextIfThere(join(home, 'swarmd.json'));
  if (text === undefined) return undefined;
  try {
    return swarmdFile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * SWARM_URL and SWARM_TOKEN win over what lies in the home folder, whose token is for this host. Its address is believed only
 * while the very process that wrote it lives: after a crash anybody may listen there, and would be
 * sent the token.
 * @throws swarmd_not_running, swarmd_token_missing, swarmd_url_invalid
 */
export async function findConnection(options: {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}): Promise<Connection> {
  const { home, env } = options;
  const url = env.SWARM_URL || (await urlOfRunning(home));
  if (!/^https?:\/\/[^/]+/.test(url) || !URL.canParse(url))
    throw connectionErrors.swarmd_url_invalid(`SWARM_URL is not an HTTP address: ${url}`);
  const token = env.SWARM_TOKEN || (await ownToken(home, url));
  return { url: url.replace(/\/+$/, ''), token };
}

/** @throws swarmd_not_running */
async function urlOfRunning(home: string): Promise<string> {
  const file = await readSwarmdFile(home);
  if (file === undefined)
    throw connectionErrors.swarmd_not_running(`No swarmd is running for ${home}.`);
  if (!isAlive(file))
    throw connectionErrors.swarmd_not_running(
      `No swarmd is running for ${home}: the last one (pid ${file.pid}) was killed.`,
    );
  return file.url;
}

/** The home's root token goes to this host only, whatever SWARM_URL names. */
async function ownToken(home: string, url: string): Promise<string> {
  const { hostname } = new URL(url);
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return await readToken(home);
  throw connectionErrors.swarmd_token_missing(
    `SWARM_URL names another host (${hostname}), and there is no SWARM_TOKEN for it.`,
    { remedy: 'Set SWARM_TOKEN to a token that the swarmd there has given you.' },
  );
}

async function readToken(home: string): Promise<string> {
  const path = join(home, 'token');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw connectionErrors.swarmd_token_missing(`The token in ${path} cannot be read.`, { cause });
  }
}
