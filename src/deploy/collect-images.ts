import type { Images } from '../images/images.ts';
import type { Deployer } from './deploy.ts';

/** Younger images may belong to a deployment that has not said so yet. */
const MIN_AGE_MS = 60 * 60_000;

/** Removes images that nothing needs any more; called now and then. */
export async function collectImages(options: {
  deployer: Pick<Deployer, 'imagesInUse'>;
  images: Pick<Images, 'collect'>;
  minAgeMs?: number;
}): Promise<{ removed: readonly string[]; freedBytes: number }> {
  const isUsed = await options.deployer.imagesInUse();
  return options.images.collect({ isUsed, minAgeMs: options.minAgeMs ?? MIN_AGE_MS });
}
