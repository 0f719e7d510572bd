import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { cliErrors } from '../errors.ts';

/** The token for a private repository: from a file or the environment, never from an argument. */
export async function readGitToken(from: {
  file: string | undefined;
  env: NodeJS.ProcessEnv;
  cwd: string;
}): Promise<string | undefined> {
  const { file, env, cwd } = from;
  if (file === undefined) return checked(env.SWARM_GIT_TOKEN || undefined, 'SWARM_GIT_TOKEN');
  const text = await readFile(file === '-' ? '/dev/stdin' : resolve(cwd, file), 'utf8').catch(
    (cause) => {
      throw cliErrors.usage(`the file of --git-token-file cannot be read: ${file}`, { cause });
    },
  );
  return checked(text.trim(), `the file ${file}`);
}

function checked(token: string | undefined, where: string): string | undefined {
  if (token === undefined || /^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  throw cliErrors.usage(`${where} holds no token: a token is one word of printable characters`, {
    remedy: 'Put the token alone into it.',
  });
}
