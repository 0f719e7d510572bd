import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { imageErrors } from './errors.ts';

export interface FileLockOptions {
  readonly mode: 'shared' | 'exclusive';
  /** 0 tries once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Takes flock(2) on a file, between processes. A small process holds it, and the kernel ends that
 * process with ours, so that a crash can leave no lock behind.
 * @returns the release, or undefined when the time ran out.
 */
export async function tryFileLock(
  path: string,
  options: FileLockOptions,
): Promise<(() => Promise<void>) | undefined> {
  options.signal?.throwIfAborted();
  const seconds = (options.timeoutMs / 1000).toFixed(3);
  const holder = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'flock', '--no-fork', `--${options.mode}`],
      ...(options.timeoutMs === 0 ? ['--nonblock'] : ['--timeout', seconds]),
      ...[path, 'sh', '-c', 'echo held; exec cat'],
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  holder.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    holder.once('close', () => resolve());
    holder.once('error', () => resolve());
  });
  const kill = () => void holder.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill);
  const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended]);
  options.signal?.removeEventListener('abort', kill);
  const release = async () => {
    kill();
    await ended;
  };
  if (options.signal?.aborted === true) await release();
  options.signal?.throwIfAborted();
  return held === true ? release : undefined;
}

/** As `tryFileLock`. @throws image_store_busy when the time ran out. */
export async function fileLock(
  path: string,
  options: FileLockOptions,
): Promise<() => Promise<void>> {
  const release = await tryFileLock(path, options);
  if (release !== undefined) return release;
  throw imageErrors.image_store_busy(`The lock ${path} was not free in ${options.timeoutMs} ms.`);
}
