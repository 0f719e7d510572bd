/**
 * One swarmd for each home. The lock is flock(2) on HOME/swarmd.lock, held by an open file of this
 * very process: the kernel lets go of it when the process ends, however it ends, so there is no
 * stale lock to judge. Node.js has no flock, so util-linux's program takes it on our descriptor.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../base/errors.ts';
import { makeFolder } from '../base/files.ts';
import { readSwarmdFile } from '../contracts/connection.ts';
import { mainErrors } from './errors.ts';

/**
 * Makes the folder when it is missing and takes its lock.
 * @returns the lock: close it to let go.
 * @throws home_not_writable, already_running
 */
export async function lockHome(home: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    await makeFolder(home, { mode: 0o700 });
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
    file = await open(join(home, 'swarmd.lock'), 'a+', 0o600);
  } catch (cause) {
    throw mainErrors.home_not_writable(
      `The data folder ${home} cannot be used: ${describeError(cause)}.`,
      { cause },
    );
  }
  if (await takeLock(file)) {
    await file.truncate(0);
    await file.write(`${process.pid}\n`);
    return file;
  }
  const holder = (await file.readFile('utf8')).trim();
  await file.close();
  throw mainErrors.already_running(
    `swarmd is already running for ${home}: pid ${holder || 'unknown'}, ${await whereItIs(home)}.`,
  );
}

/** @throws home_not_writable for a cache folder that cannot be used */
export async function ensureCacheFolder(cacheDir: string): Promise<void> {
  try {
    await makeFolder(cacheDir, { mode: 0o700 });
  } catch (cause) {
    throw mainErrors.home_not_writable(
      `The cache folder ${cacheDir} cannot be used: ${describeError(cause)}.`,
      { cause, remedy: 'Set SWARM_CACHE_DIR to a folder that you can write.' },
    );
  }
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

/** The other one may have the lock and not listen yet. */
async function whereItIs(home: string): Promise<string> {
  for (let tries = 0; tries < 10; tries++) {
    const url = (await readSwarmdFile(home))?.url;
    if (url !== undefined) return `at ${url}`;
    await sleep(100);
  }
  return 'not listening yet';
}
