import type { Clock } from '../base/clock.ts';
import { tryFileLock } from './file-lock.ts';
import type { ImageStore } from './image-store.ts';
import type { ImageTools } from './image-tools.ts';
import type { UploadStore } from './upload-store.ts';

const PRUNE_TIMEOUT_MS = 600_000;

export interface CollectOptions {
  readonly isUsed: (digest: string) => boolean;
  readonly minAgeMs: number;
}

export interface CollectContext {
  readonly store: ImageStore;
  readonly uploads: UploadStore;
  readonly tools: ImageTools;
  readonly clock: Clock;
  readonly cacheLock: string;
  readonly cacheDir: string;
  readonly cacheLimitBytes: number;
}

/** See `Images.collect`. */
export async function collectImages(
  options: CollectOptions,
  context: CollectContext,
): Promise<{ removed: readonly string[]; freedBytes: number }> {
  const { store, clock } = context;
  const removed: string[] = [];
  let freedBytes = 0;
  for (const entry of await store.entries()) {
    if (options.isUsed(entry.digest)) continue;
    if (clock.nowMs() - entry.usedAtMs < options.minAgeMs) continue;
    await store.remove(entry.digest);
    removed.push(entry.digest);
    freedBytes += entry.bytes;
  }
  freedBytes += await context.uploads.collect(options.minAgeMs);
  await cleanCache(context);
  return { removed, freedBytes };
}

/**
 * Removes working containers of dead builds, and layers above the limit. Only while no build of
 * any swarmd uses the cache; otherwise the next collection does it.
 */
export async function cleanCache(
  context: Pick<CollectContext, 'tools' | 'cacheLock' | 'cacheDir' | 'cacheLimitBytes'>,
): Promise<void> {
  const release = await tryFileLock(context.cacheLock, { mode: 'exclusive', timeoutMs: 0 });
  if (release === undefined) return;
  try {
    const options = { timeoutMs: PRUNE_TIMEOUT_MS };
    const { stdout } = await context.tools.run('buildah', ['containers', '--quiet'], options);
    const containers = stdout.split('\n').filter((id) => id !== '');
    if (containers.length > 0) await context.tools.run('buildah', ['rm', ...containers], options);
    const size = await context.tools.run('du', ['-sxb', context.cacheDir], options);
    if (Number.parseInt(size.stdout, 10) > context.cacheLimitBytes)
      await context.tools.run('buildah', ['rmi', '--prune', '--force'], options);
  } finally {
    await release();
  }
}
