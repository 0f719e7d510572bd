import type { Source } from '../contracts/source.ts';
import type { Image, Images } from '../images/images.ts';
import type { DeploymentLog } from './deployment-log.ts';

export interface ImageMaking {
  /** The image is there, or only its rootfs is missing. */
  readonly resolved: Promise<void>;
  readonly image: Promise<Image>;
}

/** Begins to make the image of a source; progress and the build's log go to the deployment's. */
export function beginImage(options: {
  images: Pick<Images, 'resolve'>;
  source: Source;
  gitToken: string | undefined;
  log: DeploymentLog;
  signal: AbortSignal;
}): ImageMaking {
  const { images, source, gitToken, log, signal } = options;
  const reached = Promise.withResolvers<void>();
  let atRootfs = false;
  const image = images.resolve(source, {
    ...(gitToken !== undefined && { gitToken }),
    signal,
    onStep: ({ name, detail, fraction }) => {
      if (name === 'rootfs' && !atRootfs) {
        // The step of that name is about to begin, and says so itself.
        atRootfs = true;
        reached.resolve();
        return;
      }
      const step = name === 'rootfs' ? 'rootfs' : 'resolve';
      const text = detail === undefined ? name : `${name}: ${detail}`;
      log.step(step, 'progress', { detail: text, ...(fraction !== undefined && { fraction }) });
    },
    onLog: (line) => log.line('build', line),
  });
  image.then(() => reached.resolve(), reached.reject);
  // Both are awaited by steps, the second of which may never begin.
  reached.promise.catch(() => undefined);
  return { resolved: reached.promise, image };
}
