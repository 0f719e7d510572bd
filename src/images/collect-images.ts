import type { Clock } from '../base/clock.ts';
import type { ImageStore } from './image-store.ts';
import type { UploadStore } from './upload-store.ts';

export interface CollectOptions {
  readonly isUsed: (digest: string) => boolean;
  readonly minAgeMs: number;
}

export interface CollectContext {
  readonly store: ImageStore;
  readonly uploads: UploadStore;
  readonly clock: Clock;
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
  return { removed, freedBytes };
}
