/** Stands in for a swarmd that is killed in the middle of a build: resolves one uploaded folder. */
import { createReadStream } from 'node:fs';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createImages } from '../../src/images/images.ts';

const [, , homeDir = '', cacheDir = '', nodePackageDir = '', tar = ''] = process.argv;
const images = await createImages({
  homeDir,
  cacheDir,
  nodePackageDir,
  log: silentLogger,
  clock: systemClock,
});
const { uploadId } = await images.receiveUpload(createReadStream(tar), { maxBytes: 2 ** 30 });
const image = await images.resolve(
  { type: 'folder', uploadId },
  {
    signal: new AbortController().signal,
    onStep: () => undefined,
    onLog: () => undefined,
  },
);
await images.close();
console.log(image.digest);
