/**
 * One process for each audit folder: flock(2), as the home has it (src/main/home-lock.ts), so that
 * a program that opens the folder without a home is kept out as well.
 */
import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../base/errors.ts';
import { makeFolder } from '../../base/files.ts';
import { auditErrors } from '../errors.ts';

/**
 * Makes the folder when it is missing and takes its lock.
 * @returns close it to let go; the kernel does when the process ends
 * @throws audit_folder_unusable, audit_folder_locked
 */
export async function lockFolder(dir: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    await makeFolder(dir, { mode: 0o700 });
    file = await open(join(dir, 'lock'), 'a+', 0o600);
  } catch (cause) {
    throw auditErrors.audit_folder_unusable(
      `The audit folder ${dir} cannot be used: ${describeError(cause)}.`,
      { cause },
    );
  }
  try {
    if (await takeLock(file)) {
      // Only for who is kept out: a full disk does not keep this process from its log.
      await noteHolder(file).catch(() => undefined);
      return file;
    }
    const holder = (await file.readFile('utf8')).trim();
    throw auditErrors.audit_folder_locked(
      `The audit folder ${dir} is open in another process: pid ${holder || 'unknown'}.`,
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function noteHolder(file: FileHandle): Promise<void> {
  await file.truncate(0);
  await file.write(`${process.pid}\n`);
}

async function takeLock(file: FileHandle): Promise<boolean> {
  return await new Promise<boolean>((resolve, reject) => {
    const child = spawn('flock', ['--nonblock', '--exclusive', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', file.fd],
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
}
