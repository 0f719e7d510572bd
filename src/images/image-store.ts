import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';
import { newId } from '../base/ids.ts';
import { hostArchitecture, parseImageConfig } from './image-config.ts';
import type { Image } from './images.ts';
import type { StoredImage } from './layer-storage.ts';

const ALIAS_KINDS = ['upstream', 'built'] as const;
type AliasKind = (typeof ALIAS_KINDS)[number];

const record = z.object({ digest: z.string(), origin: z.string() });

export interface StoredEntry {
  readonly digest: string;
  readonly usedAtMs: number;
  readonly bytes: number;
}

/**
 * Images of one home: a folder per digest with the manifest, the config, and the rootfs. A folder
 * appears whole, by a rename, or not at all.
 */
export class ImageStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(digest: string): string {
    return join(this.#folder, digest.replace(':', '-'));
  }

  async find(digest: string): Promise<Image | undefined> {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
    const folder = this.#path(digest);
    const rootfsPath = join(folder, 'rootfs.erofs');
    try {
      const { origin } = record.parse(
        JSON.parse(await readFile(join(folder, 'image.json'), 'utf8')),
      );
      const blob = await readFile(join(folder, 'config.json'), 'utf8');
      const config = parseImageConfig(blob, { architecture: hostArchitecture(), subject: origin });
      return { digest, config, rootfsPath, rootfsBytes: (await stat(rootfsPath)).size, origin };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async list(): Promise<readonly Image[]> {
    const found = await Promise.all((await this.entries()).map((entry) => this.find(entry.digest)));
    return found.filter((image) => image !== undefined);
  }

  /** The image that something else is known to lead to: see `noteAlias`. */
  async findAlias(kind: AliasKind, key: string): Promise<Image | undefined> {
    const digest = await readTextIfThere(this.#aliasPath(kind, key));
    return digest === undefined ? undefined : await this.find(digest);
  }

  /** Notes that a registry's digest (`upstream`) or a recipe's hash (`built`) leads to the image. */
  async noteAlias(kind: AliasKind, key: string, digest: string): Promise<void> {
    await mkdir(join(this.#folder, kind), { recursive: true });
    await writeFileAtomic(this.#aliasPath(kind, key), digest);
  }

  #aliasPath(kind: AliasKind, key: string): string {
    return join(this.#folder, kind, key.replace(':', '-'));
  }

  /** Notes that the image was used now, which `entries` tells. */
  async touch(digest: string, nowMs: number): Promise<void> {
    await utimes(join(this.#path(digest), 'image.json'), nowMs / 1000, nowMs / 1000);
  }

  /** Adds an image; `writeRootfs` makes the file at the path it is given. */
  async add(
    stored: StoredImage,
    options: { origin: string; writeRootfs: (path: string) => Promise<void> },
  ): Promise<void> {
    const temporary = join(this.#folder, `${newId('tmp')}`);
    await mkdir(temporary, { recursive: true });
    try {
      await options.writeRootfs(join(temporary, 'rootfs.erofs'));
      await writeFile(join(temporary, 'manifest.json'), stored.manifest);
      await writeFile(join(temporary, 'config.json'), stored.config);
      const content = { digest: stored.digest, origin: options.origin };
      await writeFile(join(temporary, 'image.json'), JSON.stringify(content));
      // A folder is there already when it lost its rootfs: the new one replaces it.
      await rm(this.#path(stored.digest), { recursive: true, force: true });
      await rename(temporary, this.#path(stored.digest));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  async entries(): Promise<readonly StoredEntry[]> {
    const entries: StoredEntry[] = [];
    for (const name of await namesIn(this.#folder)) {
      if (!/^sha256-[0-9a-f]{64}$/.test(name)) continue;
      const folder = join(this.#folder, name);
      const [used, rootfs] = await Promise.all([
        stat(join(folder, 'image.json')).catch(() => undefined),
        stat(join(folder, 'rootfs.erofs')).catch(() => undefined),
      ]);
      const digest = name.replace('-', ':');
      entries.push({ digest, usedAtMs: used?.mtimeMs ?? 0, bytes: rootfs?.size ?? 0 });
    }
    return entries;
  }

  async remove(digest: string): Promise<void> {
    // Renamed first: a folder whose removal was cut short is not taken for an image.
    const doomed = join(this.#folder, newId('tmp'));
    await rename(this.#path(digest), doomed);
    await rm(doomed, { recursive: true, force: true });
    for (const kind of ALIAS_KINDS)
      for (const name of await namesIn(join(this.#folder, kind))) {
        const path = join(this.#folder, kind, name);
        if ((await readTextIfThere(path)) === digest) await rm(path, { force: true });
      }
  }

  /** What a crash left half made. Only when no `add` of this process is running. */
  async removeTemporary(): Promise<void> {
    for (const name of await namesIn(this.#folder))
      if (name.startsWith('tmp_')) await rm(join(this.#folder, name), { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
