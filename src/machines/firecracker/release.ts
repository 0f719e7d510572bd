/** The Firecracker release that this version of Swarm is made for, and how it gets onto a host. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { mustRun, run } from '../../base/command.ts';
import { firecrackerErrors } from './errors.ts';

export interface FirecrackerRelease {
  readonly version: string;
  readonly url: string;
  /** Of the archive, in hexadecimal. */
  readonly sha256: string;
  /** Paths of the two programs in the archive. */
  readonly firecrackerEntry: string;
  readonly jailerEntry: string;
}

/**
 * To raise it: take the checksum from the release's own .sha256.txt, and see the API document for
 * what changed. docs/decisions/0005-firecracker.md says how this one was checked.
 */
export const FIRECRACKER_RELEASE: FirecrackerRelease = {
  version: '1.17.0',
  url: 'https://github.com/firecracker-microvm/firecracker/releases/download/v1.17.0/firecracker-v1.17.0-x86_64.tgz',
  sha256: '06094a1108ae9e82aa4c23a775aa92758f53f1175d422270d9d6162cb9ade558',
  firecrackerEntry: 'release-v1.17.0-x86_64/firecracker-v1.17.0-x86_64',
  jailerEntry: 'release-v1.17.0-x86_64/jailer-v1.17.0-x86_64',
};

export interface FirecrackerPrograms {
  readonly firecrackerPath: string;
  readonly jailerPath: string;
  readonly version: string;
}

export interface FirecrackerPlace {
  /** The programs lie in `firecracker/VERSION/` of it. */
  readonly cacheDir: string;
  readonly release?: FirecrackerRelease;
}

const ARCHIVE_BYTES = 64 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const COMMAND_TIMEOUT_MS = 20_000;

/** Where the two programs belong. */
export function firecrackerPaths(place: FirecrackerPlace): FirecrackerPrograms {
  const { version } = place.release ?? FIRECRACKER_RELEASE;
  const folder = join(place.cacheDir, 'firecracker', version);
  return {
    firecrackerPath: join(folder, 'firecracker'),
    jailerPath: join(folder, 'jailer'),
    version,
  };
}

/**
 * The programs, when both are there; whoever put them there.
 * @throws firecracker_wrong_version when one does not run or says another version
 */
export async function findFirecracker(
  place: FirecrackerPlace,
): Promise<FirecrackerPrograms | undefined> {
  const programs = firecrackerPaths(place);
  for (const path of [programs.firecrackerPath, programs.jailerPath])
    if (!(await isFile(path))) return undefined;
  await checkVersion(programs.firecrackerPath, programs.version);
  await checkVersion(programs.jailerPath, programs.version);
  return programs;
}

/**
 * The programs, downloaded when they are not there. The archive's checksum is verified before
 * anything of it is unpacked; each program appears whole or not at all.
 * @throws firecracker_download_failed, which says where to put the programs by hand;
 *   firecracker_wrong_version
 */
export async function ensureFirecracker(
  place: FirecrackerPlace & {
    readonly onProgress?: (step: string) => void;
    readonly signal?: AbortSignal;
  },
): Promise<FirecrackerPrograms> {
  const found = await findFirecracker(place);
  if (found !== undefined) return found;
  const release = place.release ?? FIRECRACKER_RELEASE;
  const programs = firecrackerPaths(place);
  if (process.arch !== 'x64')
    throw downloadFailed(programs, `there is no pinned release for ${process.arch}`);
  place.onProgress?.(`downloading Firecracker ${release.version}`);
  const archive = await download(release, programs, place.signal);
  const folder = join(place.cacheDir, 'firecracker', release.version);
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(join(folder, 'unpack-'));
  try {
    await unpack(archive, { release, temporary });
    await checkVersion(join(temporary, release.firecrackerEntry), release.version);
    // The one that is looked for first comes last.
    await rename(join(temporary, release.jailerEntry), programs.jailerPath);
    await rename(join(temporary, release.firecrackerEntry), programs.firecrackerPath);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return programs;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function checkVersion(path: string, version: string): Promise<void> {
  const wrong = (what: string, cause?: unknown) =>
    firecrackerErrors.firecracker_wrong_version(`${path} ${what}; ${version} is needed.`, {
      cause,
    });
  let said: string;
  try {
    const result = await run(path, ['--version'], { env: {}, timeoutMs: COMMAND_TIMEOUT_MS });
    said = result.exitCode === 0 ? result.stdout : '';
  } catch (cause) {
    throw wrong('cannot be run', cause);
  }
  const found = /\bv?(\d+\.\d+\.\d+)\b/.exec(said)?.[1];
  if (found !== version) throw wrong(`is of version ${found ?? 'unknown'}`);
}

function downloadFailed(programs: FirecrackerPrograms, why: string, cause?: unknown) {
  return firecrackerErrors.firecracker_download_failed(
    `Firecracker ${programs.version} could not be downloaded: ${why}.`,
    {
      cause,
      remedy: `Put the release's two programs there by hand: ${programs.firecrackerPath} and ${programs.jailerPath} (both executable).`,
    },
  );
}

async function download(
  release: FirecrackerRelease,
  programs: FirecrackerPrograms,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const timeout = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const hash = createHash('sha256');
  const chunks: Uint8Array[] = [];
  let size = 0;
  // As the host's other programs: through the proxy that the environment names.
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: COMMAND_TIMEOUT_MS } });
  try {
    const response = await fetch(release.url, {
      dispatcher,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    if (!response.ok || response.body === null)
      throw downloadFailed(programs, `${release.url} answered ${response.status}`);
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > ARCHIVE_BYTES) throw downloadFailed(programs, `${release.url} is too large`);
      hash.update(chunk);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof Error && cause.name === 'SwarmError') throw cause;
    throw downloadFailed(programs, `${release.url} cannot be reached`, cause);
  } finally {
    await dispatcher.destroy();
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== release.sha256)
    throw downloadFailed(
      programs,
      `what ${release.url} gave has the checksum ${sha256}, not ${release.sha256}`,
    );
  return Buffer.concat(chunks);
}

async function unpack(
  archive: Buffer,
  options: { release: FirecrackerRelease; temporary: string },
): Promise<void> {
  const { release, temporary } = options;
  const file = join(temporary, 'archive.tgz');
  await writeFile(file, archive);
  const entries = [release.firecrackerEntry, release.jailerEntry];
  const args = ['-xzf', file, '-C', temporary, '--no-same-owner', ...entries];
  await mustRun('tar', args, { timeoutMs: COMMAND_TIMEOUT_MS });
  for (const entry of entries) await chmod(join(temporary, entry), 0o755);
}
