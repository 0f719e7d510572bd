import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../base/ids.ts';
import type { Source } from '../contracts/source.ts';
import type { Builder } from './build-image.ts';
import { collectImages } from './collect-images.ts';
import { diskFullOr } from './disk-full.ts';
import { imageErrors } from './errors.ts';
import { fileLock } from './file-lock.ts';
import { ImageStore } from './image-store.ts';
import { type ImageTools, openImageTools } from './image-tools.ts';
import type { Image, Images, ImagesOptions, ResolveOptions } from './images.ts';
import { LayerStorage } from './layer-storage.ts';
import { SourceResolver, type Work } from './resolve-source.ts';
import {
  cacheLockPath,
  cleanCache,
  removeDeadContainers,
  type SharedCache,
} from './shared-cache.ts';
import { UploadStore } from './upload-store.ts';

/** A build waits this long for a clean-up of the shared cache to end. */
const CACHE_LOCK_TIMEOUT_MS = 600_000;
const DEFAULT_CACHE_LIMIT_BYTES = 20 * 1024 ** 3;

export async function openImages(options: ImagesOptions): Promise<Images> {
  if (process.getuid?.() !== 0)
    throw imageErrors.image_store_needs_root('Images can only be made by root.');
  const { homeDir, cacheDir } = options;
  await mkdir(homeDir, { recursive: true, mode: 0o700 });
  const environment = options.environment ?? process.env;
  const tools = await openImageTools({ cacheDir, environment });
  const caBundlePath = await readableFile(
    options.caBundlePath ?? environment.SSL_CERT_FILE ?? environment.NODE_EXTRA_CA_CERTS,
  );
  const { nodePackageDir } = options;
  const storage = new LayerStorage(tools);
  const opened = new OpenedImages(options, {
    tools,
    storage,
    cacheDir,
    environment,
    caBundlePath,
    nodePackageDir,
  });
  await opened.removeLeftovers();
  return opened;
}

async function readableFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return (await stat(path).catch(() => undefined))?.isFile() === true ? path : undefined;
}

class OpenedImages implements Images {
  readonly #options: ImagesOptions;
  readonly #resolver: SourceResolver;
  readonly #tools: ImageTools;
  readonly #store: ImageStore;
  readonly #uploads: UploadStore;
  readonly #workDir: string;
  readonly #active = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(options: ImagesOptions, builder: Builder) {
    this.#options = options;
    this.#tools = builder.tools;
    this.#store = new ImageStore(join(options.homeDir, 'images'));
    this.#uploads = new UploadStore(join(options.homeDir, 'uploads'), options.clock);
    this.#workDir = join(options.homeDir, 'work');
    const { clock } = options;
    this.#resolver = new SourceResolver({
      builder,
      store: this.#store,
      uploads: this.#uploads,
      clock,
    });
  }

  async resolve(source: Source, given: ResolveOptions): Promise<Image> {
    const signal = AbortSignal.any([given.signal, this.#closing.signal]);
    signal.throwIfAborted();
    const id = newId('bld', this.#options.clock.nowMs());
    const work: Work = { id, dir: join(this.#workDir, id), options: { ...given, signal } };
    const outcome = this.#resolveIn(work, source);
    this.#active.set(id, outcome);
    try {
      return await outcome;
    } catch (error) {
      signal.throwIfAborted();
      throw diskFullOr(error);
    } finally {
      this.#active.delete(id);
    }
  }

  async #resolveIn(work: Work, source: Source): Promise<Image> {
    const { signal } = work.options;
    await mkdir(work.dir, { recursive: true, mode: 0o700 });
    try {
      const release = await fileLock(cacheLockPath(this.#options.cacheDir), {
        mode: 'shared',
        timeoutMs: CACHE_LOCK_TIMEOUT_MS,
        signal,
      });
      try {
        return await this.#resolver.resolve(work, source);
      } finally {
        await release();
      }
    } finally {
      await rm(work.dir, { recursive: true, force: true });
      if (signal.aborted) await removeDeadContainers(this.#cache);
    }
  }

  get #cache(): SharedCache {
    const { cacheDir, cacheLimitBytes = DEFAULT_CACHE_LIMIT_BYTES } = this.#options;
    return { tools: this.#tools, cacheDir, cacheLimitBytes };
  }

  find(digest: string): Promise<Image | undefined> {
    return this.#store.find(digest);
  }

  list(): Promise<readonly Image[]> {
    return this.#store.list();
  }

  async receiveUpload(body: AsyncIterable<Buffer>, options: { maxBytes: number }) {
    try {
      return await this.#uploads.receive(body, options);
    } catch (error) {
      throw diskFullOr(error);
    }
  }

  async collect(options: { isUsed: (digest: string) => boolean; minAgeMs: number }) {
    await this.removeLeftovers();
    const result = await collectImages(options, {
      store: this.#store,
      uploads: this.#uploads,
      clock: this.#options.clock,
    });
    await cleanCache(this.#cache);
    return result;
  }

  /** What a crash left in this home. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#workDir).catch(() => []))
      if (!this.#active.has(name))
        await rm(join(this.#workDir, name), { recursive: true, force: true });
    if (this.#active.size === 0) await this.#store.removeTemporary();
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('swarmd is stopping', 'AbortError'));
    await Promise.allSettled(this.#active.values());
  }
}
