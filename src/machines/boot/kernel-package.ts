import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, run } from '../../base/command.ts';
import { readTextIfThere } from '../../base/files.ts';
import { compressionOf, decompress } from './decompress.ts';
import { bootErrors } from './errors.ts';
import { type ModuleSource, moduleName } from './kernel-modules.ts';

const QUERY_TIMEOUT_MS = 60_000;
const DOWNLOAD_TIMEOUT_MS = 600_000;

/** Packages that always depend on the newest kernel for virtual machines: Debian's, Ubuntu's. */
const META_PACKAGES = ['linux-image-cloud-amd64', 'linux-image-virtual'];

/** The kernel's own packages among a meta package's dependencies. */
export function kernelPackagesOf(aptCacheDepends: string): string[] {
  const names = new Set<string>();
  for (const line of aptCacheDepends.split('\n')) {
    const name = /^\s*\|?(?:Depends|Recommends): (\S+)$/.exec(line)?.[1];
    // Ubuntu keeps most modules in a package beside the image; -extra has none that guests need.
    if (name !== undefined && /^linux-(image|modules)-(unsigned-)?\d/.test(name)) names.add(name);
  }
  return [...names];
}

async function dependenciesOf(name: string): Promise<string[]> {
  const result = await run('apt-cache', ['depends', name], { timeoutMs: QUERY_TIMEOUT_MS });
  return result.exitCode === 0 ? kernelPackagesOf(result.stdout) : [];
}

async function findPackages(): Promise<string[]> {
  for (const meta of META_PACKAGES) {
    const direct = await dependenciesOf(meta);
    const image = direct.find((name) => name.startsWith('linux-image-'));
    if (image === undefined) continue;
    return [...new Set([...direct, ...(await dependenciesOf(image))])];
  }
  return [];
}

/**
 * Downloads the kernel's packages for guests and unpacks them, without installing anything.
 * @param into an empty folder.
 * @throws boot_kernel_unavailable
 */
export async function fetchKernel(into: string, signal?: AbortSignal): Promise<void> {
  let packages = await findPackages();
  if (packages.length === 0) {
    await run('apt-get', ['update', '-qq'], { timeoutMs: DOWNLOAD_TIMEOUT_MS });
    packages = await findPackages();
  }
  if (packages.length === 0)
    throw bootErrors.boot_kernel_unavailable(
      `The package lists of this machine name no kernel (${META_PACKAGES.join(', ')}).`,
    );
  const options = { cwd: into, timeoutMs: DOWNLOAD_TIMEOUT_MS, ...(signal && { signal }) };
  try {
    await mustRun('apt-get', ['download', '-q', ...packages], options);
  } catch (cause) {
    throw bootErrors.boot_kernel_unavailable(
      `The kernel could not be downloaded: ${packages.join(', ')}.`,
      { cause },
    );
  }
  await mkdir(join(into, 'root'));
  for (const file of (await readdir(into)).filter((name) => name.endsWith('.deb')))
    await mustRun('dpkg-deb', ['-x', file, 'root'], options);
}

export interface UnpackedKernel {
  /** As `uname -r` says it. */
  readonly release: string;
  readonly bzImage: Buffer;
  readonly modules: ModuleSource;
}

/** Finds the parts of the kernel that `fetchKernel` unpacked. @throws boot_kernel_unusable */
export async function openKernel(folder: string): Promise<UnpackedKernel> {
  const root = join(folder, 'root');
  const image = (await readdir(join(root, 'boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (image === undefined)
    throw bootErrors.boot_kernel_unusable('The kernel package holds no vmlinuz.');
  const release = image.slice('vmlinuz-'.length);
  const bzImage = await readFile(join(root, 'boot', image));
  const files = new Map<string, string>();
  const builtIn = new Set<string>();
  // Debian 13 and later ship /usr/lib/modules, older ones /lib/modules.
  for (const base of ['lib/modules', 'usr/lib/modules']) {
    const modules = join(root, base, release);
    const list = await readTextIfThere(join(modules, 'modules.builtin'));
    for (const line of list?.split('\n') ?? []) if (line !== '') builtIn.add(moduleName(line));
    const found = await readdir(modules, { recursive: true }).catch(() => []);
    for (const file of found)
      if (/\.ko(\.(gz|xz|zst))?$/.test(file)) files.set(moduleName(file), join(modules, file));
  }
  const read = async (name: string) => {
    const path = files.get(name);
    if (path === undefined) return undefined;
    const content = await readFile(path);
    const compression = compressionOf(content);
    return compression === undefined ? content : decompress(content, compression);
  };
  return { release, bzImage, modules: { read, builtIn } };
}
