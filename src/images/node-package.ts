import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors } from './errors.ts';
import { npmPackage } from './npm-packages.ts';

/** npm for installing dependencies in builds; it is not part of images. */
export const NPM_VERSION = '11.19.1';

/**
 * The folder of Node for images, by the version a project asks for (`22`, `22.11.0`).
 * Swarm's own Node serves when it fits; another comes from the npm registry once.
 */
export async function nodePackageOf(
  version: string | undefined,
  options: { nodePackageDir: string; cacheDir: string; signal: AbortSignal },
): Promise<string> {
  if (version === undefined) return options.nodePackageDir;
  const wanted = version.replace(/^v/, '').replace(/\.x$/, '');
  if (!/^\d+(\.\d+){0,2}$/.test(wanted))
    throw imageErrors.runtime_version_unavailable(`"${version}" is not a version of Node.`);
  const manifest = await readFile(join(options.nodePackageDir, 'package.json'), 'utf8');
  const own = String(JSON.parse(manifest).version);
  if (own === wanted || own.startsWith(`${wanted}.`)) return options.nodePackageDir;
  try {
    return await npmPackage({ name: `node-linux-${process.arch}`, version: wanted }, options);
  } catch (cause) {
    options.signal.throwIfAborted();
    throw imageErrors.runtime_version_unavailable(
      `Node ${wanted}, which langgraph.json asks for, is not here and could not be fetched; Node ${own} is.`,
      { cause },
    );
  }
}
