import type { Dirent } from 'node:fs';
import { existsSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, normalize, posix } from 'node:path';
import { readTextIfThere } from '../../base/files.ts';
import { cliErrors } from '../errors.ts';
import { countText } from '../output/text.ts';
import { DEFAULT_IGNORE, type IgnoreRules, parseIgnore } from './docker-ignore.ts';

const MAX_FILES = 200_000;

export interface FolderListing {
  /** Paths relative to the folder, sorted, each folder before what is in it. */
  readonly paths: readonly string[];
  /** Sum of the files' sizes. */
  readonly bytes: number;
  /** Left out only because there is no .dockerignore: `.env`. */
  readonly leftOut: readonly string[];
}

interface Walk {
  readonly root: string;
  readonly rules: IgnoreRules;
  readonly paths: string[];
  readonly leftOut: string[];
  readonly refused: string[];
  bytes: number;
}

/**
 * What of a folder goes into the build: everything but what .dockerignore leaves out. Without a
 * Dockerfile agent.yaml stays behind too, unless .dockerignore has `!agent.yaml`: an image that does
 * not depend on it is not built again when it changes.
 * @param always paths that go in whatever .dockerignore says: the Dockerfile
 * @throws folder_refused: links that lead out of the folder, sockets and devices, too many files
 */
export async function listFolder(
  root: string,
  always: readonly string[] = [],
): Promise<FolderListing> {
  const ignoreFile = await readTextIfThere(join(root, '.dockerignore'));
  const hasDockerfile = always.some((path) => existsSync(join(root, path)));
  const written = ignoreFile === undefined ? DEFAULT_IGNORE : ignoreFile.split(/\r?\n/);
  const lines = hasDockerfile ? written : ['agent.yaml', ...written];
  const kept = ['.dockerignore', ...always].map((path) => `!${normalize(path)}`);
  const rules = parseIgnore([...lines, ...(ignoreFile === undefined ? [] : kept)]);
  const walk: Walk = { root, rules, paths: [], leftOut: [], refused: [], bytes: 0 };
  await visit(walk, '');
  if (walk.refused.length > 0) {
    const shown = walk.refused.slice(0, 10).map((line) => `\n  ${line}`);
    throw cliErrors.folder_refused(
      `${countText(walk.refused.length, 'file')} of ${root} cannot go into an image:${shown.join('')}`,
    );
  }
  const leftOut = ignoreFile === undefined ? walk.leftOut : [];
  return { paths: walk.paths.sort(), bytes: walk.bytes, leftOut };
}

async function visit(walk: Walk, folder: string): Promise<void> {
  const entries = await readdir(join(walk.root, folder), { withFileTypes: true }).catch((cause) => {
    throw cliErrors.folder_refused(`the folder ${join(walk.root, folder)} cannot be read`, {
      cause,
      remedy: 'Check the path and its permissions.',
    });
  });
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const ignored = walk.rules.ignores(path);
    if (ignored && entry.name === '.env') walk.leftOut.push(path);
    if (ignored && !(entry.isDirectory() && walk.rules.hasExceptions)) continue;
    if (!ignored) await take(walk, path, entry);
    if (entry.isDirectory()) await visit(walk, path);
  }
}

async function take(walk: Walk, path: string, entry: Dirent): Promise<void> {
  if (entry.isSymbolicLink()) {
    const target = await readlink(join(walk.root, path));
    if (leadsOut(path, target))
      walk.refused.push(`${path}: a link out of the folder, to ${target}`);
  } else if (entry.isFile()) walk.bytes += (await lstat(join(walk.root, path))).size;
  else if (!entry.isDirectory()) walk.refused.push(`${path}: neither a file, a folder nor a link`);
  walk.paths.push(path);
  if (walk.paths.length > MAX_FILES)
    throw cliErrors.folder_refused(`${walk.root} has more than ${MAX_FILES} files`);
}

/** Would following the link leave the folder? */
export function leadsOut(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  return resolved === '..' || resolved.startsWith('../');
}
