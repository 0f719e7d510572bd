import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, or a crash, sees the old content or the new, never a part:
 * a temporary file beside it, fsync, rename.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Buffer,
  options: { mode?: number } = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', options.mode ?? 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Makes a folder and those above it; one that is there already stays as it is. Not mkdir's own
 * `recursive`: for a folder that is there but lets none be made in it with ENOENT, as /proc does,
 * Node.js never ends.
 */
export async function makeFolder(path: string, options: { mode?: number } = {}): Promise<void> {
  try {
    await mkdir(path, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path), options);
      await mkdir(path, options).catch((again: NodeJS.ErrnoException) => {
        // Somebody else made it meanwhile.
        if (again.code !== 'EEXIST') throw again;
      });
      return;
    }
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory() !== true) throw error;
  }
}

/** The file's text, or undefined when there is none. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Copies a file, sharing its blocks where the file system can. */
export async function cloneFile(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}
