import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfThere } from '../../base/files.ts';
import type { Logger } from '../../base/logger.ts';
import { packCpio } from './cpio.ts';
import { bootErrors } from './errors.ts';
import { buildGuestd, guestdSourceDigest } from './guestd-build.ts';
import { GUEST_MODULES, OPTIONAL_MODULES, orderModules } from './kernel-modules.ts';
import { fetchKernel, openKernel } from './kernel-package.ts';
import { extractVmlinux } from './vmlinux.ts';

/** What every machine boots from. */
export interface BootAssets {
  /** Uncompressed ELF kernel. */
  readonly kernelPath: string;
  readonly initramfsPath: string;
  /** As `uname -r` says it inside. */
  readonly kernelVersion: string;
  /** SHA-256 over kernel and initramfs, in hexadecimal: equal digests boot the same thing. */
  readonly digest: string;
}

export interface BootAssetsOptions {
  /** Everything is kept here, a folder for each kernel and each initramfs. */
  readonly cacheDir: string;
  readonly log: Logger;
  /** Told in plain words what takes time, as it begins. */
  readonly onProgress?: (step: string) => void;
  readonly signal?: AbortSignal;
}

/** Raise when the way the assets are made changes. */
const RECIPE = 1;

/**
 * Gives the kernel and initramfs, making what is missing: the first time it needs the package
 * mirror and a Go compiler, afterwards nothing. Several processes may do it at once: each makes its
 * own in a temporary folder, and the first to rename it into place wins.
 * @throws boot_kernel_unavailable, boot_kernel_unusable, boot_go_missing, boot_guestd_failed
 */
export async function ensureBootAssets(options: BootAssetsOptions): Promise<BootAssets> {
  await mkdir(options.cacheDir, { recursive: true });
  await removeAbandoned(options.cacheDir);
  const kernel = await ensureKernel(options);
  const guestd = await guestdSourceDigest();
  const stamp = sha256(JSON.stringify({ RECIPE, guestd, kernel: kernel.digest })).slice(0, 16);
  const folder = join(options.cacheDir, `initramfs-${stamp}`);
  await makeOnce({ folder, cacheDir: options.cacheDir }, async (temporary) => {
    options.onProgress?.('building guestd and the initramfs');
    await buildGuestd({ outPath: join(temporary, 'guestd'), ...pickSignal(options) });
    const init = await readFile(join(temporary, 'guestd'));
    const initramfs = await packInitramfs(init, kernel.folder);
    await writeFile(join(temporary, 'initramfs.cpio'), initramfs);
    await rm(join(temporary, 'guestd'));
    await writeFile(join(temporary, 'digest'), sha256(kernel.digest + sha256(initramfs)));
    options.log.info({ stamp, bytes: initramfs.length }, 'initramfs made');
  });
  return {
    kernelPath: join(kernel.folder, 'vmlinux'),
    initramfsPath: join(folder, 'initramfs.cpio'),
    kernelVersion: kernel.release,
    digest: await readFile(join(folder, 'digest'), 'utf8'),
  };
}

interface Kernel {
  readonly folder: string;
  readonly release: string;
  readonly digest: string;
}

/** The newest kernel of the cache, or one from the package mirror. */
async function ensureKernel(options: BootAssetsOptions): Promise<Kernel> {
  const kept = await newestKernel(options.cacheDir);
  if (kept !== undefined) return kept;
  options.onProgress?.('downloading the kernel for guests');
  const download = await mkdtemp(join(options.cacheDir, TEMPORARY));
  try {
    await fetchKernel(download, options.signal);
    options.onProgress?.('unpacking the kernel');
    const { release, bzImage, modules } = await openKernel(download);
    const vmlinux = await extractVmlinux(bzImage);
    const ordered = await orderModules(GUEST_MODULES, modules);
    const missing = ordered.missing.filter((name) => !OPTIONAL_MODULES.includes(name));
    if (missing.length > 0)
      throw bootErrors.boot_kernel_unusable(`Kernel ${release} lacks ${missing.join(', ')}.`);
    const folder = join(options.cacheDir, `kernel-${release}-m${RECIPE}`);
    await makeOnce({ folder, cacheDir: options.cacheDir }, async (temporary) => {
      await mkdir(join(temporary, 'modules'));
      const hash = createHash('sha256').update(vmlinux);
      for (const { name, content } of ordered.modules) {
        await writeFile(join(temporary, 'modules', `${name}.ko`), content);
        hash.update(name).update(content);
      }
      await writeFile(join(temporary, 'vmlinux'), vmlinux);
      const order = ordered.modules.map(({ name }) => name);
      const facts = { release, digest: hash.digest('hex'), order };
      await writeFile(join(temporary, 'kernel.json'), JSON.stringify(facts));
      options.log.info({ release, modules: order }, 'kernel unpacked');
    });
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  const made = await newestKernel(options.cacheDir);
  if (made === undefined) throw new Error('the kernel was made and is not there');
  return made;
}

async function newestKernel(cacheDir: string): Promise<Kernel | undefined> {
  const names = (await readdir(cacheDir)).filter(
    (name) => name.startsWith('kernel-') && name.endsWith(`-m${RECIPE}`),
  );
  const byVersion = new Intl.Collator('en', { numeric: true });
  for (const name of names.toSorted(byVersion.compare).toReversed()) {
    const folder = join(cacheDir, name);
    const text = await readTextIfThere(join(folder, 'kernel.json'));
    if (text === undefined) continue;
    const { release, digest } = JSON.parse(text) as { release: string; digest: string };
    return { folder, release, digest };
  }
  return undefined;
}

async function packInitramfs(init: Buffer, kernelFolder: string): Promise<Buffer> {
  const facts = await readFile(join(kernelFolder, 'kernel.json'), 'utf8');
  const { order } = JSON.parse(facts) as { order: string[] };
  const folder = (path: string) => ({ path, mode: 0o040755 });
  const modules = await Promise.all(
    order.map(async (name) => ({
      path: `modules/${name}.ko`,
      mode: 0o100644,
      content: await readFile(join(kernelFolder, 'modules', `${name}.ko`)),
    })),
  );
  const list = Buffer.from(order.map((name) => `${name}.ko\n`).join(''));
  return packCpio([
    ...['dev', 'proc', 'sys', 'modules'].map(folder),
    // The kernel opens it for the first process's standard streams before anything is mounted.
    { path: 'dev/console', mode: 0o020600, device: { major: 5, minor: 1 } },
    { path: 'init', mode: 0o100755, content: init },
    { path: 'modules/order', mode: 0o100644, content: list },
    ...modules,
  ]);
}

const TEMPORARY = 'making-';
const ABANDONED_MS = 3_600_000;

/** Makes a folder by filling a temporary one and renaming it; whoever comes second takes the first's. */
async function makeOnce(
  at: { folder: string; cacheDir: string },
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  if (await exists(at.folder)) return;
  const temporary = await mkdtemp(join(at.cacheDir, TEMPORARY));
  try {
    await fill(temporary);
    // mkdtemp makes it private; a jailed VMM runs as another user.
    await chmod(temporary, 0o755);
    await rename(temporary, at.folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await exists(at.folder))) throw error;
  }
}

/** Removes what a killed process left half-made. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = join(cacheDir, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function pickSignal(options: BootAssetsOptions): { signal?: AbortSignal } {
  return options.signal === undefined ? {} : { signal: options.signal };
}
