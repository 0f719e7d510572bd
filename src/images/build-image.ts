import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from '../contracts/source.ts';
import { baseImage, checkPythonVersion } from './base-image.ts';
import { writeBuildMount } from './build-mount.ts';
import { NEVER_IN_RUNTIME_IMAGES, planBuild, type RuntimePlan } from './build-plan.ts';
import { outputTail } from './command-outcome.ts';
import { withCaArguments } from './dockerfile-arguments.ts';
import { imageErrors } from './errors.ts';
import type { ImageTools } from './image-tools.ts';
import type { ResolveOptions } from './images.ts';
import { BUILD_MOUNT, type LayerStorage } from './layer-storage.ts';
import { NPM_VERSION, nodePackageOf } from './node-package.ts';
import { npmPackage } from './npm-packages.ts';
import { readIgnoreFile, readProjectFiles } from './project-files.ts';
import { registryFailure } from './registry-failure.ts';

const BUILD_TIMEOUT_MS = 1_800_000;
/** Raised when the same recipe comes to mean something else: how builds are run, what is mounted. */
const RECIPE_VERSION = 1;

export interface Builder {
  readonly tools: ImageTools;
  readonly storage: LayerStorage;
  readonly cacheDir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly caBundlePath: string | undefined;
  readonly nodePackageDir: string;
}

export interface BuildRequest {
  /** The folder to build, which may be changed. */
  readonly contextDir: string;
  /** A folder of this build's own, outside the context. */
  readonly workDir: string;
  /** What the image is called in the storage. */
  readonly name: string;
  readonly build: BuildOptions;
  /** The same for the same files only: with it, a build whose every input was there before is found. */
  readonly contentHash: string;
  /** The image that a recipe made before, while it is here. */
  readonly findBuilt: (recipeHash: string) => Promise<string | undefined>;
}

/** What a build came to. */
export type Built =
  /** An image of the storage. No later build of the same name can take it over. */
  | { readonly type: 'built'; readonly imageId: string; readonly recipeHash?: string }
  /** Nothing had to be built. */
  | { readonly type: 'known'; readonly digest: string };

type Reporter = Pick<ResolveOptions, 'signal' | 'onStep' | 'onLog'>;

/**
 * Builds a folder into an image of the storage: its Dockerfile, or one made for its runtime.
 * A Dockerfile of the user's is always built: what its FROM names may have moved.
 * @throws what `planBuild` throws; base_image_failed, dependencies_failed, build_failed
 */
export async function buildImage(
  builder: Builder,
  { request, report }: { request: BuildRequest; report: Reporter },
): Promise<Built> {
  const plan = planBuild(await readProjectFiles(request.contextDir), request.build);
  if (plan.type === 'dockerfile') {
    report.onStep({ name: 'build', detail: plan.dockerfile });
    const args = await userBuildArguments(builder, { request, dockerfile: plan.dockerfile });
    return { type: 'built', imageId: await runBuildah(builder, { request, report, args }) };
  }
  report.onStep({ name: 'build', detail: `${plan.runtime} project` });
  for (const note of plan.notes) report.onLog(`Note: ${note}`);
  const { args, recipe } = await runtimeBuild(builder, { request, plan, report });
  const inputs = JSON.stringify([RECIPE_VERSION, request.contentHash, recipe]);
  const recipeHash = createHash('sha256').update(inputs).digest('hex');
  const digest = await request.findBuilt(recipeHash);
  if (digest !== undefined) {
    report.onLog('These files were built before in the same way: that image is used.');
    return { type: 'known', digest };
  }
  return {
    type: 'built',
    imageId: await runBuildah(builder, { request, report, args }),
    recipeHash,
  };
}

/** A Dockerfile of the user's. It must lie in the context itself, whatever links say. */
async function userBuildArguments(
  builder: Builder,
  { request, dockerfile }: { request: BuildRequest; dockerfile: string },
): Promise<string[]> {
  const root = await realpath(request.contextDir);
  const path = await realpath(join(root, dockerfile)).catch(() => '');
  if (!path.startsWith(`${root}/`))
    throw imageErrors.dockerfile_not_found(`"${dockerfile}" is not a file inside the folder.`);
  const args: string[] = [];
  if (builder.caBundlePath === undefined) args.push('--file', path);
  else {
    const mount = join(request.workDir, 'build-mount');
    await writeBuildMount(mount, builder);
    const written = join(request.workDir, 'Dockerfile');
    await writeFile(
      written,
      withCaArguments(await readFile(path, 'utf8'), `${BUILD_MOUNT}/ca.crt`),
    );
    args.push('--file', written, '--volume', `${mount}:${BUILD_MOUNT}:ro`);
  }
  const { target, args: buildArguments = {} } = request.build;
  if (target !== undefined) args.push('--target', target);
  for (const [name, value] of Object.entries(buildArguments))
    args.push('--build-arg', `${name}=${value}`);
  return args;
}

/** The recipe is all that decides about the image besides the files: the base is named by its content. */
async function runtimeBuild(
  builder: Builder,
  { request, plan, report }: { request: BuildRequest; plan: RuntimePlan; report: Reporter },
): Promise<{ args: string[]; recipe: readonly string[] }> {
  const { cacheDir } = builder;
  if (plan.runtime === 'python') await checkPythonVersion(plan.version);
  const { signal, onLog } = report;
  const options = { ...builder, workDir: request.workDir, signal, onLog };
  const base =
    plan.runtime === 'node'
      ? await baseImage(
          { runtime: 'node', nodePackageDir: await nodePackageOf(plan.version, options) },
          options,
        )
      : await baseImage({ runtime: 'python' }, options);

  const mount = join(request.workDir, 'build-mount');
  await writeBuildMount(mount, builder);
  const dockerfile = join(request.workDir, 'Dockerfile');
  const before = plan.buildStage === undefined ? [] : [`FROM ${base} AS build`, ...plan.buildStage];
  const lines = [...before, `FROM ${base}`, ...plan.instructions, ''].join('\n');
  await writeFile(dockerfile, lines);
  const ignore = join(request.workDir, 'ignore');
  const own = await readIgnoreFile(request.contextDir);
  const ignored = [own, ...NEVER_IN_RUNTIME_IMAGES, ''].join('\n');
  await writeFile(ignore, ignored);
  const args = ['--pull-never', '--file', dockerfile, '--ignorefile', ignore];
  args.push('--volume', `${mount}:${BUILD_MOUNT}:ro`);
  if (plan.runtime === 'node') {
    const npm = await npmPackage({ name: 'npm', version: NPM_VERSION }, { cacheDir, signal });
    const npmCache = join(cacheDir, 'npm');
    await mkdir(npmCache, { recursive: true });
    args.push('--volume', `${npm}:${BUILD_MOUNT}/npm:ro`);
    args.push('--volume', `${npmCache}:${BUILD_MOUNT}/npm-cache`);
  }
  return { args, recipe: [lines, ignored, plan.runtime === 'node' ? NPM_VERSION : ''] };
}

async function runBuildah(
  { tools }: Builder,
  { request, report, args }: { request: BuildRequest; report: Reporter; args: readonly string[] },
): Promise<string> {
  const idFile = join(request.workDir, 'image-id');
  let step = '';
  const outcome = await tools.run(
    'buildah',
    [
      ...['build', '--isolation', 'chroot', '--layers', '--format', 'docker', '--force-rm'],
      ...['--tag', request.name, '--iidfile', idFile, ...args, request.contextDir],
    ],
    {
      timeoutMs: BUILD_TIMEOUT_MS,
      signal: report.signal,
      env: { TMPDIR: request.workDir },
      onLine: (line) => {
        const found = /^(?:\[[^\]]*\] )?STEP (\d+)\/(\d+): (.*)$/.exec(line);
        if (found !== null) {
          step = found[3] ?? '';
          const fraction = (Number(found[1]) - 1) / Number(found[2]);
          report.onStep({ name: 'build', detail: step.slice(0, 200), fraction });
        }
        report.onLog(line);
      },
    },
  );
  if (outcome.exitCode === 0) return (await readFile(idFile, 'utf8')).replace('sha256:', '').trim();
  const base = /^FROM (?:--\S+ )*(\S+)/i.exec(step)?.[1];
  if (base !== undefined && /initializing source|reading manifest|short-name/.test(outcome.stderr))
    throw registryFailure(outcome, base);
  const details = { exitCode: outcome.exitCode, step, output: outputTail(outcome) };
  if (/(npm|pip)\b.* install\b|npm ci/.test(step))
    throw imageErrors.dependencies_failed('Installing the dependencies failed.', { details });
  throw imageErrors.build_failed(
    step === '' ? 'The build could not start.' : `The build failed at: ${step.slice(0, 300)}`,
    { details },
  );
}
