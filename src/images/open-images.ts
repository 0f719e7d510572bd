import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../base/ids.ts';
import type { BuildOptions, Source } from '../contracts/source.ts';
import { type Builder, buildImage } from './build-image.ts';
import { collectImages } from './collect-images.ts';
import { diskFullOr } from './disk-full.ts';
import { imageErrors } from './errors.ts';
import { fileLock } from './file-lock.ts';
import { cloneRepository, folderInside, shownUrl } from './git-clone.ts';
import { hostArchitecture, parseImageConfig } from './image-config.ts';
import { copyImage, currentDigest, detectArchive, parseReference } from './image-sources.ts';
import { ImageStore } from './image-store.ts';
import { type ImageTools, openImageTools } from './image-tools.ts';
import type { Image, Images, ImagesOptions, ResolveOptions } from './images.ts';
import { LayerStorage } from './layer-storage.ts';
import { OnceByKey } from './once-by-key.ts';
import { unpackFolder } from './unpack-folder.ts';
import { UploadStore } from './upload-store.ts';

/** A build waits this long for a clean-up of the shared cache to end. */
const CACHE_LOCK_TIMEOUT_MS = 600_000;
const DEFAULT_CACHE_LIMIT_BYTES = 20 * 1024 ** 3;

/** What one resolve works with. */
interface Work {
  readonly id: string;
  /** A folder of its own, removed at the end. */
  readonly dir: string;
  readonly options: ResolveOptions;
}

type SourceOf<T extends Source['type']> = Extract<Source, { type: T }>;

/** Of an image being copied, which no other resolve may take over. */
function temporaryName(work: Work): string {
  return `localhost/swarm/copy:${work.id}`;
}

/** One image stays named for each thing that is deployed again and again: its layers are reused. */
function lastingName(kind: string, facts: unknown): string {
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
  return `localhost/swarm/${kind}:${key}`;
}

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
  readonly #builder: Builder;
  readonly #tools: ImageTools;
  readonly #storage: LayerStorage;
  readonly #store: ImageStore;
  readonly #uploads: UploadStore;
  readonly #workDir: string;
  readonly #active = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #rootfs = new OnceByKey<void>();

  constructor(options: ImagesOptions, builder: Builder) {
    this.#options = options;
    this.#builder = builder;
    this.#tools = builder.tools;
    this.#storage = builder.storage;
    this.#store = new ImageStore(join(options.homeDir, 'images'));
    this.#uploads = new UploadStore(join(options.homeDir, 'uploads'), options.clock);
    this.#workDir = join(options.homeDir, 'work');
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
      const release = await fileLock(this.#cacheLock, {
        mode: 'shared',
        timeoutMs: CACHE_LOCK_TIMEOUT_MS,
        signal,
      });
      try {
        return await this.#fromSource(work, source);
      } finally {
        await release();
      }
    } finally {
      await rm(work.dir, { recursive: true, force: true });
      if (signal.aborted) await this.removeLeftovers();
    }
  }

  get #cacheLock(): string {
    return join(this.#options.cacheDir, 'in-use.lock');
  }

  #fromSource(work: Work, source: Source): Promise<Image> {
    switch (source.type) {
      case 'image':
        return this.#fromReference(work, source);
      case 'archive':
      case 'oci-layout':
        return this.#fromArchive(work, source);
      case 'git':
        return this.#fromGit(work, source);
      case 'folder':
        return this.#fromFolder(work, source);
    }
  }

  async #fromReference(work: Work, source: SourceOf<'image'>): Promise<Image> {
    const { signal, onStep, onLog } = work.options;
    const reference = parseReference(source.reference);
    onStep({ name: 'pull', detail: source.reference });
    const origin = `image ${source.reference}`;
    const to = { tools: this.#tools, storage: this.#storage, workDir: work.dir, signal, onLog };
    const from = { transport: reference.transport, written: source.reference, reference };
    if (!reference.isRegistry) {
      const name = temporaryName(work);
      await copyImage(from, { ...to, name });
      return await this.#finishCopy(work, { name, origin });
    }
    // A tag may have moved, so it is asked for each time; a digest cannot, and needs no registry.
    const upstream = reference.digest ?? (await currentDigest(reference, to));
    const here = await this.#store.findUpstream(upstream);
    if (here !== undefined) {
      await this.#store.touch(here.digest, this.#options.clock.nowMs());
      return { ...here, origin };
    }
    const name = `localhost/swarm/upstream:${upstream.replace(':', '-')}`;
    if (!(await this.#storage.has(name, { signal }))) await copyImage(from, { ...to, name });
    const image = await this.#finish(work, { name, origin });
    await this.#store.noteUpstream(upstream, image.digest);
    return image;
  }

  async #fromArchive(work: Work, source: SourceOf<'archive' | 'oci-layout'>): Promise<Image> {
    const { signal, onStep, onLog } = work.options;
    const written = source.name ?? source.uploadId;
    const path = await this.#uploads.path(source.uploadId);
    onStep({ name: 'unpack', detail: written });
    const transport = await detectArchive(path, { written, signal });
    const name = temporaryName(work);
    const to = { tools: this.#tools, storage: this.#storage, name, workDir: work.dir };
    await copyImage({ transport: `${transport}:${path}`, written }, { ...to, signal, onLog });
    return await this.#finishCopy(work, { name, origin: `${source.type} ${written}` });
  }

  async #finishCopy(work: Work, copy: { name: string; origin: string }): Promise<Image> {
    const image = await this.#finish(work, copy);
    await this.#storage.rename(copy.name, lastingName('copied', copy.origin), work.options);
    return image;
  }

  async #fromGit(work: Work, source: SourceOf<'git'>): Promise<Image> {
    const { signal, onStep, onLog, gitToken } = work.options;
    const shown = shownUrl(source.url);
    onStep({ name: 'clone', detail: shown });
    const folder = join(work.dir, 'source');
    const { tools } = this.#builder;
    const { environment } = this.#builder;
    const commit = await cloneRepository(
      { url: source.url, ref: source.ref, folder, tools, token: gitToken, environment },
      { signal, onLog },
    );
    const path = source.path ?? '.';
    const contextDir = await folderInside(folder, { path, shown });
    const origin = `git ${shown} at ${commit.slice(0, 12)}${path === '.' ? '' : ` in ${path}`}`;
    return await this.#build(work, {
      contextDir,
      build: source.build ?? {},
      origin,
      key: [source.url, path],
    });
  }

  async #fromFolder(work: Work, source: SourceOf<'folder'>): Promise<Image> {
    const { signal, onStep } = work.options;
    const written = source.name ?? source.uploadId;
    onStep({ name: 'unpack', detail: written });
    const contextDir = join(work.dir, 'source');
    const archive = await this.#uploads.path(source.uploadId);
    await unpackFolder({ archive, folder: contextDir }, { written, signal });
    const origin = `folder ${written}`;
    return await this.#build(work, {
      contextDir,
      build: source.build ?? {},
      origin,
      key: [written],
    });
  }

  async #build(
    work: Work,
    what: { contextDir: string; build: BuildOptions; origin: string; key: readonly string[] },
  ): Promise<Image> {
    const { contextDir, build, origin } = what;
    const name = lastingName('built', [what.key, build]);
    const request = { contextDir, workDir: work.dir, name, build };
    const imageId = await buildImage(this.#builder, { request, report: work.options });
    return await this.#finish(work, { name: imageId, origin });
  }

  /** Checks the stored image, and makes its rootfs unless this home has it. */
  async #finish(work: Work, { name, origin }: { name: string; origin: string }): Promise<Image> {
    const { signal, onStep } = work.options;
    const stored = await this.#storage.inspect(name, { signal });
    try {
      parseImageConfig(stored.config, { architecture: hostArchitecture(), subject: origin });
    } catch (error) {
      await this.#storage.remove(name, { signal });
      throw error;
    }
    const make = async () => {
      if ((await this.#store.find(stored.digest)) !== undefined) return;
      onStep({ name: 'rootfs' });
      const writeRootfs = (path: string) => this.#storage.writeRootfs(name, path, { signal });
      await this.#store.add(stored, { origin, writeRootfs });
    };
    await this.#rootfs.do(stored.digest, make, signal);
    await this.#store.touch(stored.digest, this.#options.clock.nowMs());
    const image = await this.#store.find(stored.digest);
    if (image === undefined) throw new Error(`image ${stored.digest} vanished as it was made`);
    return { ...image, origin };
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
    return await collectImages(options, {
      store: this.#store,
      uploads: this.#uploads,
      tools: this.#tools,
      clock: this.#options.clock,
      cacheLock: this.#cacheLock,
      cacheDir: this.#options.cacheDir,
      cacheLimitBytes: this.#options.cacheLimitBytes ?? DEFAULT_CACHE_LIMIT_BYTES,
    });
  }

  /** What a crash or an aborted build left: work folders and, when no build runs, containers. */
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
