import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../base/clock.ts';
import type { BuildOptions, Source } from '../contracts/source.ts';
import { type Builder, buildImage } from './build-image.ts';
import { cloneRepository, folderInside, shownUrl } from './git-clone.ts';
import { hostArchitecture, parseImageConfig } from './image-config.ts';
import { copyImage, currentDigest, detectArchive, parseReference } from './image-sources.ts';
import type { ImageStore } from './image-store.ts';
import type { Image, ResolveOptions } from './images.ts';
import { OnceByKey } from './once-by-key.ts';
import { unpackFolder } from './unpack-folder.ts';
import type { UploadStore } from './upload-store.ts';

/** What one resolve works with. */
export interface Work {
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

/** Archives of the same files are the same bytes: the CLI packs them so. */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Each kind of source → an image in the layer storage → a rootfs in the store. */
export class SourceResolver {
  readonly #builder: Builder;
  readonly #store: ImageStore;
  readonly #uploads: UploadStore;
  readonly #clock: Clock;
  readonly #rootfs = new OnceByKey<void>();

  constructor(options: {
    builder: Builder;
    store: ImageStore;
    uploads: UploadStore;
    clock: Clock;
  }) {
    this.#builder = options.builder;
    this.#store = options.store;
    this.#uploads = options.uploads;
    this.#clock = options.clock;
  }

  /** @throws what the step that failed throws; the cache of layers is all that is left. */
  resolve(work: Work, source: Source): Promise<Image> {
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
    const to = {
      tools: this.#builder.tools,
      storage: this.#builder.storage,
      workDir: work.dir,
      signal,
      onLog,
    };
    const from = { transport: reference.transport, written: source.reference, reference };
    if (!reference.isRegistry) {
      const name = temporaryName(work);
      await copyImage(from, { ...to, name });
      return await this.#finishCopy(work, { name, origin });
    }
    // A tag may have moved, so it is asked for each time; a digest cannot, and needs no registry.
    const upstream = reference.digest ?? (await currentDigest(reference, to));
    const here = await this.#store.findAlias('upstream', upstream);
    if (here !== undefined) {
      await this.#store.touch(here.digest, this.#clock.nowMs());
      return { ...here, origin };
    }
    const name = `localhost/swarm/upstream:${upstream.replace(':', '-')}`;
    if (!(await this.#builder.storage.has(name, { signal })))
      await copyImage(from, { ...to, name });
    const image = await this.#finish(work, { name, origin });
    await this.#store.noteAlias('upstream', upstream, image.digest);
    return image;
  }

  async #fromArchive(work: Work, source: SourceOf<'archive' | 'oci-layout'>): Promise<Image> {
    const { signal, onStep, onLog } = work.options;
    const written = source.name ?? source.uploadId;
    const path = await this.#uploads.path(source.uploadId);
    onStep({ name: 'unpack', detail: written });
    const transport = await detectArchive(path, { written, signal });
    const name = temporaryName(work);
    const to = {
      tools: this.#builder.tools,
      storage: this.#builder.storage,
      name,
      workDir: work.dir,
    };
    await copyImage({ transport: `${transport}:${path}`, written }, { ...to, signal, onLog });
    return await this.#finishCopy(work, { name, origin: `${source.type} ${written}` });
  }

  async #finishCopy(work: Work, copy: { name: string; origin: string }): Promise<Image> {
    const image = await this.#finish(work, copy);
    await this.#builder.storage.rename(copy.name, lastingName('copied', copy.origin), work.options);
    return image;
  }

  async #fromGit(work: Work, source: SourceOf<'git'>): Promise<Image> {
    const { signal, onStep, onLog, gitToken } = work.options;
    const shown = shownUrl(source.url);
    onStep({ name: 'clone', detail: shown });
    const folder = join(work.dir, 'source');
    const { tools, environment } = this.#builder;
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
      contentHash: `git ${commit} ${path}`,
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
      contentHash: `folder ${await hashFile(archive)}`,
    });
  }

  async #build(
    work: Work,
    what: {
      contextDir: string;
      build: BuildOptions;
      origin: string;
      key: readonly string[];
      contentHash: string;
    },
  ): Promise<Image> {
    const { contextDir, build, origin, contentHash } = what;
    const name = lastingName('built', [what.key, build]);
    const store = this.#store;
    const findBuilt = async (recipe: string) => {
      const known = await store.findAlias('built', recipe);
      // At once: what was used just now is not collected.
      if (known !== undefined) await store.touch(known.digest, this.#clock.nowMs());
      return known?.digest;
    };
    const request = { contextDir, workDir: work.dir, name, build, contentHash, findBuilt };
    const built = await buildImage(this.#builder, { request, report: work.options });
    if (built.type === 'built') {
      const image = await this.#finish(work, { name: built.imageId, origin });
      if (built.recipeHash !== undefined)
        await store.noteAlias('built', built.recipeHash, image.digest);
      return image;
    }
    const image = await store.find(built.digest);
    if (image === undefined) throw new Error(`image ${built.digest} vanished as it was found`);
    return { ...image, origin };
  }

  /** Checks the stored image, and makes its rootfs unless this home has it. */
  async #finish(work: Work, { name, origin }: { name: string; origin: string }): Promise<Image> {
    const { signal, onStep } = work.options;
    const stored = await this.#builder.storage.inspect(name, { signal });
    try {
      parseImageConfig(stored.config, { architecture: hostArchitecture(), subject: origin });
    } catch (error) {
      await this.#builder.storage.remove(name, { signal });
      throw error;
    }
    const make = async () => {
      if ((await this.#store.find(stored.digest)) !== undefined) return;
      onStep({ name: 'rootfs' });
      const writeRootfs = (path: string) =>
        this.#builder.storage.writeRootfs(name, path, { signal });
      await this.#store.add(stored, { origin, writeRootfs });
    };
    await this.#rootfs.do(stored.digest, make, signal);
    await this.#store.touch(stored.digest, this.#clock.nowMs());
    const image = await this.#store.find(stored.digest);
    if (image === undefined) throw new Error(`image ${stored.digest} vanished as it was made`);
    return { ...image, origin };
  }
}
