import { createHash } from 'node:crypto';
import { mustSucceed } from './command-outcome.ts';
import { imageErrors } from './errors.ts';
import type { ImageTools } from './image-tools.ts';

export interface StoredImage {
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  readonly manifest: string;
  /** The config blob, as text. */
  readonly config: string;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

const INSPECT_TIMEOUT_MS = 60_000;
const ROOTFS_TIMEOUT_MS = 600_000;

/** Where builds mount what only they may see; an empty folder of this name may stay in layers. */
export const BUILD_MOUNT = '/run/swarm-build';

/** Images as unpacked layers, shared by all images and homes: containers storage under the cache. */
export class LayerStorage {
  readonly #tools: ImageTools;

  constructor(tools: ImageTools) {
    this.#tools = tools;
  }

  /** How skopeo names an image of this storage, given its name or id. */
  reference(name: string): string {
    return /^[0-9a-f]{64}$/.test(name)
      ? `containers-storage:@${name}`
      : `containers-storage:${name}`;
  }

  async has(name: string, { signal }: CallOptions): Promise<boolean> {
    const found = await this.#tools.run('buildah', ['inspect', '--type', 'image', name], {
      timeoutMs: INSPECT_TIMEOUT_MS,
      signal,
    });
    return found.exitCode === 0;
  }

  async inspect(name: string, { signal }: CallOptions): Promise<StoredImage> {
    const script =
      'skopeo inspect --raw "$1" && printf "\\036" && skopeo inspect --raw --config "$1"';
    const outcome = await this.#tools.run('sh', ['-c', script, 'sh', this.reference(name)], {
      timeoutMs: INSPECT_TIMEOUT_MS,
      signal,
    });
    const { stdout } = mustSucceed(outcome, (tail) =>
      imageErrors.image_pull_failed(`The stored image ${name} cannot be read.`, tail),
    );
    const [manifest = '', config = ''] = stdout.split('\u001e');
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    return { digest, manifest, config };
  }

  /** Gives an image another name; the image that had it stays, for its layers, until pruned. */
  async rename(name: string, newName: string, { signal }: CallOptions): Promise<void> {
    const script = 'buildah tag "$1" "$2" && buildah rmi "$1"';
    const args = ['-c', script, 'sh', name, newName];
    const outcome = await this.#tools.run('sh', args, { timeoutMs: INSPECT_TIMEOUT_MS, signal });
    mustSucceed(outcome, (tail) =>
      imageErrors.image_pull_failed(`The stored image ${name} cannot be named.`, tail),
    );
  }

  async remove(name: string, { signal }: CallOptions): Promise<void> {
    await this.#tools.run('buildah', ['rmi', name], { timeoutMs: INSPECT_TIMEOUT_MS, signal });
  }

  /**
   * Writes all the files of an image into one EROFS file at `path`, from a mount of its layers:
   * nothing is exported or unpacked. lz4 costs no time against none and halves the file (see
   * docs/decisions/0003-images.md).
   */
  async writeRootfs(name: string, path: string, { signal }: CallOptions): Promise<void> {
    const script = `set -e
container=$(buildah from --pull-never "$1")
trap 'buildah rm "$container" >/dev/null' EXIT
folder=$(buildah mount "$container")
mkfs.erofs --quiet -zlz4 -C65536 --exclude-path="$3" "$2" "$folder"`;
    const outcome = await this.#tools.run(
      'sh',
      ['-c', script, 'sh', name, path, BUILD_MOUNT.slice(1)],
      { timeoutMs: ROOTFS_TIMEOUT_MS, signal },
    );
    mustSucceed(outcome, (tail) =>
      imageErrors.rootfs_failed(`The rootfs of ${name} could not be made.`, tail),
    );
  }
}
