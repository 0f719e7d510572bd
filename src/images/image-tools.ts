import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOptions, type CommandResult, run } from '../base/command.ts';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';

export type ToolOptions = Omit<CommandOptions, 'env'> & {
  /** Added to, or taken from (undefined), the environment of the tool. */
  readonly env?: NodeJS.ProcessEnv;
};

/** Runs buildah, skopeo and mkfs.erofs over one containers storage of our own. */
export interface ImageTools {
  /** `overlay`, or `vfs` where the kernel or file system cannot do overlay. */
  readonly storageDriver: string;
  run(file: string, args: readonly string[], options: ToolOptions): Promise<CommandResult>;
}

/**
 * In namespaces of its own for processes and mounts, whose first process dies with swarmd: so an
 * end by any means, kill -9 included, leaves neither a process nor a mount.
 */
const IN_NAMESPACES = [
  ...['--pdeathsig', 'KILL', 'unshare', '--pid', '--mount', '--fork', '--kill-child'],
  ...['--mount-proc', '--'],
];

/** RUN steps can read the environment of the tool that runs them. */
const NOT_FOR_TOOLS = { SWARM_TOKEN: undefined, SWARM_GIT_TOKEN: undefined };

export async function openImageTools({
  cacheDir,
  environment,
}: {
  cacheDir: string;
  environment: NodeJS.ProcessEnv;
}): Promise<ImageTools> {
  const storageDriver = await probeStorageDriver(cacheDir);
  const configPath = join(cacheDir, `storage-${storageDriver}.conf`);
  const storageDir = join(cacheDir, `storage-${storageDriver}`);
  await mkdir(storageDir, { recursive: true, mode: 0o700 });
  await writeFileAtomic(
    configPath,
    [
      '[storage]',
      `driver = "${storageDriver}"`,
      `graphroot = ${JSON.stringify(join(storageDir, 'root'))}`,
      `runroot = ${JSON.stringify(join(storageDir, 'run'))}`,
      '',
    ].join('\n'),
  );
  const registries = await registriesFile(cacheDir, environment);
  return {
    storageDriver,
    run: (file, args, options) =>
      run('setpriv', [...IN_NAMESPACES, file, ...args], {
        ...options,
        env: {
          ...environment,
          ...NOT_FOR_TOOLS,
          CONTAINERS_STORAGE_CONF: configPath,
          CONTAINERS_REGISTRIES_CONF: registries,
          ...options.env,
        },
      }),
  };
}

/** Whether overlay mounts work on the file system of the cache is tried, not assumed. */
async function probeStorageDriver(cacheDir: string): Promise<string> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const script = `set -e; cd "$1"; d=$(mktemp -d overlay-probe.XXXXXX); trap 'rm -rf "$d"' EXIT
mkdir "$d/lower" "$d/upper" "$d/work" "$d/merged"
mount -t overlay -o "lowerdir=$d/lower,upperdir=$d/upper,workdir=$d/work" overlay "$d/merged"
touch "$d/merged/x" && mv "$d/merged/x" "$d/merged/y"; umount "$d/merged"`;
  const probe = await run('setpriv', [...IN_NAMESPACES, 'sh', '-c', script, 'sh', cacheDir], {
    timeoutMs: 20_000,
  });
  return probe.exitCode === 0 ? 'overlay' : 'vfs';
}

/**
 * `FROM team/app` means what it means in Docker, unless the host says where short names come from.
 * @returns the file that tools read, or undefined for the host's own.
 */
async function registriesFile(
  cacheDir: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (environment.CONTAINERS_REGISTRIES_CONF !== undefined)
    return environment.CONTAINERS_REGISTRIES_CONF;
  const home = join(environment.HOME ?? '/root', '.config/containers/registries.conf');
  const host = (await readTextIfThere(home)) ?? (await readTextIfThere(HOST_REGISTRIES)) ?? '';
  if (/^\s*unqualified-search-registries\s*=/m.test(host)) return undefined;
  const path = join(cacheDir, 'registries.conf');
  await writeFileAtomic(path, `unqualified-search-registries = ["docker.io"]\n${host}`);
  return path;
}

const HOST_REGISTRIES = '/etc/containers/registries.conf';
