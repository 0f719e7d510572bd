/** Cleaning of what several swarmd share: only while none of them builds. */
import { join } from 'node:path';
import { tryFileLock } from './file-lock.ts';
import type { ImageTools } from './image-tools.ts';

const CLEAN = { timeoutMs: 600_000 };

export interface SharedCache {
  readonly tools: ImageTools;
  readonly cacheDir: string;
  readonly cacheLimitBytes: number;
}

/** Held shared by each resolve, and exclusively by a cleaning. */
export function cacheLockPath(cacheDir: string): string {
  return join(cacheDir, 'in-use.lock');
}

/** Removes what builds that were killed left in the storage; the next cleaning does if one runs. */
export async function removeDeadContainers(cache: SharedCache): Promise<void> {
  await whileUnused(cache, () => removeContainers(cache));
}

/**
 * Removes what killed builds left and, above the limit, cached layers: first those that no name
 * holds, then all but the base images. Every finished image has its rootfs, so none is lost.
 */
export async function cleanCache(cache: SharedCache): Promise<void> {
  await whileUnused(cache, async () => {
    await removeContainers(cache);
    const { tools } = cache;
    const names = await imageNames(cache);
    await removeNames(
      cache,
      names.filter((name) => name.startsWith('localhost/swarm/copy:')),
    );
    if ((await cacheBytes(cache)) <= cache.cacheLimitBytes) return;
    await tools.run('buildah', ['rmi', '--prune', '--force'], CLEAN);
    if ((await cacheBytes(cache)) <= cache.cacheLimitBytes) return;
    await removeNames(
      cache,
      names.filter((name) => name.startsWith('localhost/swarm/')),
    );
    await tools.run('buildah', ['rmi', '--prune', '--force'], CLEAN);
  });
}

async function whileUnused({ cacheDir }: SharedCache, act: () => Promise<void>): Promise<void> {
  const release = await tryFileLock(cacheLockPath(cacheDir), { mode: 'exclusive', timeoutMs: 0 });
  if (release === undefined) return;
  try {
    await act();
  } finally {
    await release();
  }
}

async function removeContainers({ tools }: SharedCache): Promise<void> {
  const { stdout } = await tools.run('buildah', ['containers', '--quiet'], CLEAN);
  const ids = stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await tools.run('buildah', ['rm', ...ids], CLEAN);
}

async function imageNames({ tools }: SharedCache): Promise<string[]> {
  const format = '{{.Name}}:{{.Tag}}';
  const { stdout } = await tools.run(
    'buildah',
    ['images', '--noheading', '--format', format],
    CLEAN,
  );
  return stdout.split('\n').filter((name) => name !== '');
}

async function removeNames({ tools }: SharedCache, names: readonly string[]): Promise<void> {
  if (names.length > 0) await tools.run('buildah', ['rmi', '--force', ...names], CLEAN);
}

async function cacheBytes({ tools, cacheDir }: SharedCache): Promise<number> {
  const { stdout } = await tools.run('du', ['-sx', '--block-size=1', cacheDir], CLEAN);
  return Number.parseInt(stdout, 10) || 0;
}
