import { lstat, mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, run } from '../base/command.ts';
import type { SwarmError } from '../base/errors.ts';
import { outputTail } from './command-outcome.ts';
import { imageErrors } from './errors.ts';
import type { ImageTools } from './image-tools.ts';

const CLONE_TIMEOUT_MS = 900_000;

export interface CloneRequest {
  readonly url: string;
  readonly ref: string | undefined;
  /** Where the files go; made here. */
  readonly folder: string;
  readonly tools: ImageTools;
  readonly token: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

export interface CloneOptions {
  readonly signal: AbortSignal;
  readonly onLog: (line: string) => void;
}

/** What is cloned, in words fit for showing: the URL without credentials. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}

/**
 * Accepts https, http, ssh (both spellings) and file URLs; everything else git could be made to
 * run a program with. @throws git_url_invalid
 */
export function checkUrl(url: string): void {
  const shown = JSON.stringify(shownUrl(url).slice(0, 200));
  const hasControl = [...url].some((c) => c.charCodeAt(0) <= 32 || c.charCodeAt(0) === 127);
  if (hasControl) throw imageErrors.git_url_invalid(`${shown} has a space or control character.`);
  if (/^https?:\/\/[^/@:]*:[^/@]*@/i.test(url) || /^https?:\/\/[^/@]+@/i.test(url))
    throw imageErrors.git_url_invalid(`${shown} was given with credentials inside the URL.`, {
      remedy: 'Take them out of the URL and give the token as the Git token of the deployment.',
    });
  const isUrl = /^(https?|ssh|file):\/\/[^-\s]\S*$/i.test(url) && !/^ssh:\/\/(\S+@)?-/i.test(url);
  const isScp = /^[\w.][\w.-]*@[\w.][\w.-]*:(?!\/\/)[^-\s]\S*$/.test(url) && !url.includes('::');
  if (!isUrl && !isScp) throw imageErrors.git_url_invalid(`${shown} is not a URL to clone from.`);
}

/** Over HTTP without TLS only loopback does. */
function mayGetToken(url: string): boolean {
  return !/^http:/i.test(url) || /^http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?\//i.test(url);
}

/**
 * Clones one revision with its submodules, and removes what is git's own.
 * @returns the full hash of the commit.
 * @throws git_url_invalid, git_unreachable, git_authentication_failed, git_repository_not_found,
 *   git_ref_not_found, git_clone_failed
 */
export async function cloneRepository(
  request: CloneRequest,
  options: CloneOptions,
): Promise<string> {
  checkUrl(request.url);
  const { url, folder, ref } = request;
  if (
    ref !== undefined &&
    (ref.startsWith('-') || !/^[^\s~^:?*[\\]+$/.test(ref) || ref.includes('..'))
  )
    throw imageErrors.git_ref_not_found(`"${ref}" is not the name of a branch, tag or commit.`);
  const token = (request.token ?? '').replaceAll(/\s/g, '');
  if (token !== '' && !mayGetToken(url))
    throw imageErrors.git_url_invalid(`${shownUrl(url)} would get the Git token in clear.`, {
      remedy: 'Use https:// with a token; over http:// only this host itself gets one.',
    });
  await mkdir(folder, { recursive: true });
  const credentials = credentialSettings(request);
  const git = async (args: readonly string[]): Promise<CommandResult> => {
    const result = await request.tools.run(
      'sh',
      [
        '-c',
        'exec 3<&0 0</dev/null; exec git "$@"',
        'sh',
        ...SAFE_SETTINGS,
        ...credentials,
        ...args,
      ],
      {
        cwd: folder,
        env: gitEnvironment(request.environment),
        input: `${token}\n`.repeat(TOKEN_COPIES),
        timeoutMs: CLONE_TIMEOUT_MS,
        signal: options.signal,
        onLine: (line) => options.onLog(withoutSecrets(line, token)),
      },
    );
    // A server may say the token back, and what git said goes into errors.
    const { stdout, stderr } = result;
    return { ...result, stdout: hidden(stdout, token), stderr: hidden(stderr, token) };
  };
  const must = async (args: readonly string[]): Promise<CommandResult> => {
    const result = await git(args);
    if (result.exitCode !== 0) throw gitFailure(result, request);
    return result;
  };
  await must(['init', '--quiet', '--template=', '.']);
  await must(['remote', 'add', 'origin', url]);
  await fetchRef({ ref, url, git, must });
  await must(['checkout', '--quiet', '--detach', 'FETCH_HEAD']);
  if ((await lstat(join(folder, '.gitmodules')).catch(() => undefined)) !== undefined)
    await must(['submodule', 'update', '--init', '--recursive', '--depth', '1']);
  const { stdout } = await must(['rev-parse', 'HEAD']);
  await removeGitFolders(folder);
  return stdout.trim();
}

/** One revision only where the server can; a commit that it does not offer needs the history. */
async function fetchRef({
  ref,
  url,
  git,
  must,
}: {
  ref: string | undefined;
  url: string;
  git: (args: readonly string[]) => Promise<CommandResult>;
  must: (args: readonly string[]) => Promise<CommandResult>;
}): Promise<void> {
  const shallow = await git(['fetch', '--quiet', '--depth', '1', 'origin', ref ?? 'HEAD']);
  if (shallow.exitCode === 0) return;
  const isCommit = ref !== undefined && /^[0-9a-f]{7,64}$/.test(ref);
  if (!isCommit) throw gitFailure(shallow, { url, ref });
  await must(['fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*']);
  const found = await git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  if (found.exitCode !== 0)
    throw imageErrors.git_ref_not_found(`${shownUrl(url)} has no commit "${ref}".`);
  await must(['update-ref', 'FETCH_HEAD', found.stdout.trim()]);
}

/** Nothing in a repository, or in the host's own settings of hooks, may run a program. */
const SAFE_SETTINGS = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.symlinks', 'true'],
  ['protocol.allow', 'never'],
  ['protocol.https.allow', 'always'],
  ['protocol.http.allow', 'always'],
  ['protocol.ssh.allow', 'always'],
  ['protocol.file.allow', 'user'],
  ['filter.lfs.process', ''],
  ['filter.lfs.smudge', ''],
  ['filter.lfs.clean', ''],
  ['filter.lfs.required', 'false'],
  ['advice.detachedHead', 'false'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

function gitEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dropped = Object.keys(environment).filter(
    (name) => name.startsWith('GIT_') && !/^GIT_(SSL_|SSH|HTTP_)/.test(name),
  );
  return {
    ...Object.fromEntries(dropped.map((name) => [name, undefined])),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    LC_ALL: 'C',
    GIT_SSH_COMMAND: environment.GIT_SSH_COMMAND ?? 'ssh -o BatchMode=yes -o ConnectTimeout=20',
  };
}

/** One line is read for each request to the server; a pipe holds them all. */
const TOKEN_COPIES = 128;

/**
 * A credential helper that reads the token from a pipe git inherits: it is in no file, argument,
 * environment, setting of the clone, or log. Only the host it is for gets it, no submodule's.
 */
function credentialSettings({ url, token }: CloneRequest): string[] {
  const none = ['-c', 'credential.helper='];
  const host = /^(https?:\/\/[^/]+)/i.exec(url)?.[1];
  if (token === undefined || host === undefined) return none;
  const credentials =
    '!f() { test "$1" = get && read -r token <&3 && printf "username=x-access-token\\npassword=%s\\n" "$token"; }; f';
  return [...none, '-c', `credential.${host}.helper=${credentials}`];
}

function hidden(text: string, token: string): string {
  return token === '' ? text : text.replaceAll(token, '[token]');
}

function withoutSecrets(line: string, token: string): string {
  return hidden(line, token).replaceAll(/\/\/[^/@\s]+@/g, '//');
}

async function removeGitFolders(folder: string): Promise<void> {
  const found = await run('find', [folder, '-name', '.git', '-prune', '-print0'], {
    timeoutMs: 120_000,
  });
  for (const path of found.stdout.split('\0'))
    if (path !== '') await rm(path, { recursive: true, force: true });
}

function gitFailure(
  result: CommandResult,
  { url, ref }: { url: string; ref: string | undefined },
): SwarmError {
  const output = outputTail(result).map((line) => line.replaceAll(/\/\/[^/@\s]+@/g, '//'));
  const text = output.join('\n');
  const options = { details: { output } };
  const shown = shownUrl(url);
  if (/couldn't find remote ref|not our ref|no such ref|unadvertised object/i.test(text))
    return imageErrors.git_ref_not_found(
      ref === undefined ? `${shown} is empty.` : `${shown} has no branch, tag or commit "${ref}".`,
      options,
    );
  if (
    /authentication failed|could not read (username|password)|permission denied|returned error: 40[13]|host key verification/i.test(
      text,
    )
  )
    return imageErrors.git_authentication_failed(`${shown} refused the credentials.`, options);
  if (
    /repository .*not found|does not appear to be a git repository|does not exist|not found/i.test(
      text,
    )
  )
    return imageErrors.git_repository_not_found(`There is no repository at ${shown}.`, options);
  if (
    /could not resolve host|connection (refused|timed out|reset)|unable to access|network is unreachable|no route to host|failed to connect|could not read from remote/i.test(
      text,
    )
  )
    return imageErrors.git_unreachable(`${shown} does not answer.`, options);
  return imageErrors.git_clone_failed(`${shown} could not be cloned.`, options);
}

/** The folder of `path` inside a clone or upload. @throws source_path_not_found */
export async function folderInside(
  root: string,
  { path, shown }: { path: string; shown: string },
): Promise<string> {
  const top = await realpath(root);
  const found = await realpath(join(top, path)).catch(() => undefined);
  const inside = found !== undefined && (found === top || found.startsWith(`${top}/`));
  if (found !== undefined && inside && (await lstat(found)).isDirectory()) return found;
  throw imageErrors.source_path_not_found(`There is no folder "${path}" in ${shown}.`);
}
