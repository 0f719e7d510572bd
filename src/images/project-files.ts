import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What the pure build plan sees of a folder: paths with `/`, and the text of small known files. */
export interface ProjectFiles {
  has(path: string): boolean;
  /** The text of a file of KNOWN_FILES; undefined when it is not there. */
  text(path: string): string | undefined;
  /** Paths of files, sorted, at most MAX_LISTED. */
  readonly paths: readonly string[];
}

const MAX_LISTED = 10_000;
const MAX_DEPTH = 4;
const MAX_TEXT_BYTES = 1024 * 1024;
const KNOWN_FILES = /(^|\/)(langgraph\.json|package\.json|pyproject\.toml|requirements\.txt)$/;
const NOT_LISTED = new Set(['.git', 'node_modules', '__pycache__', '.venv', 'venv']);

export function projectFiles(files: Readonly<Record<string, string>>): ProjectFiles {
  const paths = Object.keys(files).sort();
  return { paths, has: (path) => Object.hasOwn(files, path), text: (path) => files[path] };
}

/** Lists a folder on disk. Links are listed, never followed. */
export async function readProjectFiles(folder: string): Promise<ProjectFiles> {
  const files: Record<string, string> = {};
  let listed = 0;
  const walk = async (relative: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH && !NOT_LISTED.has(entry.name)) await walk(path, depth + 1);
      } else if (listed++ < MAX_LISTED) {
        files[path] = entry.isFile() && KNOWN_FILES.test(path) ? await readSmall(folder, path) : '';
      }
    }
  };
  await walk('', 0);
  return projectFiles(files);
}

/** The text of .dockerignore; '' when it is no file of the folder itself: a link may lead anywhere. */
export async function readIgnoreFile(folder: string): Promise<string> {
  const found = await lstat(join(folder, '.dockerignore')).catch(() => undefined);
  return found?.isFile() === true ? await readSmall(folder, '.dockerignore') : '';
}

async function readSmall(folder: string, path: string): Promise<string> {
  const full = join(folder, path);
  return (await stat(full)).size > MAX_TEXT_BYTES ? '' : await readFile(full, 'utf8');
}
