import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../base/command.ts';
import { mustSucceed } from './command-outcome.ts';
import { imageErrors } from './errors.ts';
import { fileLock } from './file-lock.ts';
import type { ImageTools } from './image-tools.ts';
import type { LayerStorage } from './layer-storage.ts';

/** Raise it when what a base image holds changes for a reason that is not in its key. */
const RECIPE = 1;
const DEBOOTSTRAP_TIMEOUT_MS = 900_000;
const SHARED_PACKAGES = ['ca-certificates', 'netbase', 'tzdata'];
const PACKAGES = {
  // libatomic1 and libstdc++6 are all that Node needs beyond the C library.
  node: [...SHARED_PACKAGES, 'libatomic1', 'libstdc++6'],
  python: [...SHARED_PACKAGES, 'python3', 'python3-venv', 'python3-pip'],
} as const;

export interface BaseImageOptions {
  readonly tools: ImageTools;
  readonly storage: LayerStorage;
  readonly cacheDir: string;
  /** A folder of the build's own. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly onLog: (line: string) => void;
}

export type BaseImageRequest =
  | { readonly runtime: 'node'; readonly nodePackageDir: string }
  | { readonly runtime: 'python' };

/**
 * The image that builds of a runtime start from, made once from the packages of the host's own
 * Debian or Ubuntu release. @returns its name in the storage.
 */
export async function baseImage(
  request: BaseImageRequest,
  options: BaseImageOptions,
): Promise<string> {
  const suite = await hostSuite();
  const nodeVersion =
    request.runtime === 'node' ? await packageVersion(request.nodePackageDir) : '';
  const facts = [RECIPE, suite, request.runtime, nodeVersion, ...PACKAGES[request.runtime]];
  const key = createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
  const name = `localhost/swarm-base/${request.runtime}:${key}`;
  if (await options.storage.has(name, options)) return name;
  const release = await fileLock(join(options.cacheDir, `base-${key}.lock`), {
    mode: 'exclusive',
    timeoutMs: DEBOOTSTRAP_TIMEOUT_MS,
    signal: options.signal,
  });
  try {
    if (!(await options.storage.has(name, options)))
      await make(name, { ...options, request, suite });
    return name;
  } finally {
    await release();
  }
}

async function make(
  name: string,
  options: BaseImageOptions & { request: BaseImageRequest; suite: string },
): Promise<void> {
  const { request, suite, tools, signal, onLog } = options;
  const context = join(options.workDir, 'base');
  await mkdir(context);
  onLog(`Making the ${request.runtime} base image from ${suite} packages; this is done once.`);
  const bootstrap = await tools.run(
    'mmdebstrap',
    [
      ...[
        '--variant=essential',
        '--format=tar',
        `--include=${PACKAGES[request.runtime].join(',')}`,
      ],
      ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
      '--dpkgopt=force-unsafe-io',
      '--dpkgopt=path-include=/usr/share/doc/*/copyright',
      ...['--aptopt=Acquire::Languages "none"', `--customize-hook=${ADD_AGENT_USER}`],
      ...['--', suite, join(context, 'debian.tar'), ...(await hostMirrors(suite))],
    ],
    {
      timeoutMs: DEBOOTSTRAP_TIMEOUT_MS,
      signal,
      env: { TMPDIR: options.workDir },
      onLine: onLog,
    },
  );
  mustSucceed(bootstrap, (tail) =>
    imageErrors.base_image_failed(
      `The ${request.runtime} base image could not be made from ${suite} packages.`,
      tail,
    ),
  );
  const lines = ['FROM scratch', 'ADD debian.tar /'];
  if (request.runtime === 'node') {
    const binary = join(request.nodePackageDir, 'bin', 'node');
    await link(binary, join(context, 'node')).catch(() => copyFile(binary, join(context, 'node')));
    lines.push('COPY node /usr/local/bin/node');
  } else {
    lines.push('RUN python3 -m venv /opt/venv');
  }
  await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
  const built = await tools.run(
    'buildah',
    [
      ...['build', '--isolation', 'chroot', '--format', 'docker', '--no-cache', '--force-rm'],
      ...['--pull-never'],
      ...['--tag', name, context],
    ],
    { timeoutMs: DEBOOTSTRAP_TIMEOUT_MS, signal, env: { TMPDIR: options.workDir }, onLine: onLog },
  );
  mustSucceed(built, (tail) =>
    imageErrors.base_image_failed(`The ${request.runtime} base image could not be made.`, tail),
  );
  await rm(context, { recursive: true, force: true });
}

const LEFT_OUT = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/locale/*',
  '/usr/share/info/*',
];

/** The user that generated images run as, and the folder that the agent lies in. */
const ADD_AGENT_USER = `set -e
echo 'agent:x:1000:1000:agent:/home/agent:/bin/sh' >> "$1/etc/passwd"
echo 'agent:x:1000:' >> "$1/etc/group"
echo 'agent:!:19000::::::' >> "$1/etc/shadow"
mkdir -p "$1/home/agent" "$1/app"
chown 1000:1000 "$1/home/agent" "$1/app"`;

/** Python of each release; of others it is not checked beforehand. */
const PYTHON_OF_SUITE: Readonly<Record<string, string>> = {
  bookworm: '3.11',
  trixie: '3.13',
  jammy: '3.10',
  noble: '3.12',
};

/** @throws runtime_version_unavailable when a project asks for another Python than there is. */
export async function checkPythonVersion(wanted: string | undefined): Promise<void> {
  const suite = await hostSuite();
  const own = PYTHON_OF_SUITE[suite];
  if (wanted === undefined || own === undefined || `${own}.`.startsWith(`${wanted}.`)) return;
  throw imageErrors.runtime_version_unavailable(
    `langgraph.json asks for Python ${wanted}; images made on ${suite} have Python ${own}.`,
    { remedy: `Ask for python_version "${own}", or bring a Dockerfile.` },
  );
}

/** Code name of the host's release, such as `bookworm`. */
async function hostSuite(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(release)?.[1] ?? 'stable';
}

/** The host's own package sources of that release, mirrors included; none: the public default. */
async function hostMirrors(suite: string): Promise<string[]> {
  const format = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)';
  const targets = await run(
    'apt-get',
    ['indextargets', '--no-release-info', '--format', format, 'Identifier: Packages'],
    { timeoutMs: 20_000 },
  ).catch(() => undefined);
  const lines = new Set<string>();
  for (const line of targets?.exitCode === 0 ? targets.stdout.split('\n') : []) {
    const [uri = '', release = '', component = '', signedBy = ''] = line.split('|');
    if (!release.startsWith(suite) || !/^(main|universe)$/.test(component)) continue;
    const option = signedBy.startsWith('/') ? `[signed-by=${signedBy}] ` : '';
    lines.add(`deb ${option}${uri} ${release} ${component}`);
  }
  return [...lines];
}

async function packageVersion(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return String(version);
}
