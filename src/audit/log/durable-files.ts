/** Files that are there as a whole or not at all, also after a power cut. Synchronous. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Makes the names in a folder durable. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the folder, and those above it, durably. */
export function makeFolderSync(dir: string): void {
  const made = mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let at = dir; at.length >= made.length; at = dirname(at)) syncFolder(dirname(at));
}

/** Writes everything or throws. */
export function writeFully(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = writeSync(fd, bytes, done, bytes.length - done, position + done);
    // POSIX lets a write of regular files take nothing; twice would be for ever.
    if (count === 0) throw new Error('the file takes no more bytes');
    done += count;
  }
}

/**
 * @param file.temporary on the same file system; removed when it fails
 */
export function createFileDurably(
  path: string,
  file: { readonly temporary: string; readonly bytes: Buffer; readonly mode: number },
): void {
  rmSync(file.temporary, { force: true });
  const fd = openSync(file.temporary, 'wx', file.mode);
  try {
    writeFully(fd, file.bytes, 0);
    fdatasyncSync(fd);
  } catch (error) {
    rmSync(file.temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(file.temporary, path);
  syncFolder(dirname(path));
}
