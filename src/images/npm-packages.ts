import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../base/command.ts';
import { newId } from '../base/ids.ts';
import { outputTail } from './command-outcome.ts';
import { imageErrors } from './errors.ts';
import { fileLock } from './file-lock.ts';

const INSTALL_TIMEOUT_MS = 300_000;

/**
 * The folder of an npm package in the cache, fetched once by the host's own npm.
 * @param spec `name@version`.
 */
export async function npmPackage(
  { name, version }: { name: string; version: string },
  { cacheDir, signal }: { cacheDir: string; signal: AbortSignal },
): Promise<string> {
  const tools = join(cacheDir, 'tools');
  const folder = join(tools, `${name}-${version}`);
  const installed = join(folder, 'node_modules', name);
  if (await isThere(installed)) return installed;
  await mkdir(tools, { recursive: true });
  const release = await fileLock(join(tools, `${name}-${version}.lock`), {
    mode: 'exclusive',
    timeoutMs: INSTALL_TIMEOUT_MS,
    signal,
  });
  const temporary = join(tools, newId('tmp'));
  try {
    if (await isThere(installed)) return installed;
    const outcome = await run(
      'npm',
      [
        ...['install', '--prefix', temporary, '--no-audit', '--no-fund', '--no-save'],
        ...['--ignore-scripts', `${name}@${version}`],
      ],
      { timeoutMs: INSTALL_TIMEOUT_MS, signal },
    );
    if (outcome.exitCode !== 0)
      throw imageErrors.base_image_failed(`npm could not fetch ${name}@${version}.`, {
        details: { output: outputTail(outcome) },
      });
    await rename(temporary, folder);
    return installed;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await release();
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
