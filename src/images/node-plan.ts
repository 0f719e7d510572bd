import { z } from 'zod';
import type { BuildOptions } from '../contracts/source.ts';
import type { RuntimePlan } from './build-plan.ts';
import { commandOf, envInstruction, execForm } from './dockerfile-words.ts';
import { imageErrors } from './errors.ts';
import { type Langgraph, parseProjectJson, readLanggraph } from './langgraph-file.ts';
import { BUILD_MOUNT } from './layer-storage.ts';
import type { ProjectFiles } from './project-files.ts';

const texts = z.record(z.string(), z.string()).catch({});
const packageFile = z.object({
  main: z.string().optional(),
  scripts: texts.default({}),
  dependencies: texts.default({}),
  devDependencies: texts.default({}),
  optionalDependencies: texts.default({}),
  workspaces: z.unknown().optional(),
});
type PackageFile = z.infer<typeof packageFile>;

/** Files beside package.json that decide what is installed. */
const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json'];
const INSTALL_SCRIPTS = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];

/** @throws start_not_detected, project_file_invalid */
export function planNode(files: ProjectFiles, build: BuildOptions): RuntimePlan {
  const langgraph = readLanggraph(files);
  const project = readPackage(files);
  const start = build.start ?? findStart(files, project, langgraph);
  const notes: string[] = [];
  const instructions = [
    'WORKDIR /app',
    'ENV NODE_ENV=production PORT=8080 PATH="/app/node_modules/.bin:$PATH"',
    ...languageEnv(langgraph, notes),
    'EXPOSE 8080',
    `CMD ${execForm(start)}`,
  ];
  const install = project === undefined ? NOTHING_TO_INSTALL : installSteps(files, project, notes);
  const version = langgraph?.nodeVersion;
  return {
    type: 'runtime',
    runtime: 'node',
    ...(install.buildStage === undefined ? {} : { buildStage: install.buildStage }),
    instructions: [...instructions, ...install.instructions],
    notes,
    ...(version === undefined ? {} : { version }),
  };
}

function readPackage(files: ProjectFiles): PackageFile | undefined {
  const text = files.text('package.json');
  if (text === undefined) return undefined;
  const parsed = packageFile.safeParse(parseProjectJson('package.json', text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw imageErrors.project_file_invalid(
    `package.json: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}.`,
  );
}

interface InstallSteps {
  readonly buildStage?: readonly string[];
  readonly instructions: readonly string[];
}

const NOTHING_TO_INSTALL: InstallSteps = { instructions: ['USER agent', 'COPY . ./'] };

/**
 * The dependencies in a layer of their own wherever they can be installed without the source. What
 * only sets metadata comes before the source, so that a change of it repeats one step.
 */
function installSteps(files: ProjectFiles, project: PackageFile, notes: string[]): InstallSteps {
  const lock = LOCK_FILES.find((path) => files.has(path));
  if (lock === undefined) notes.push(noLockNote(files));
  const install = lock === undefined ? 'npm install' : 'npm ci';
  const run = (command: string) => `RUN . ${BUILD_MOUNT}/environment && ${command}`;
  const installAll = run(`NODE_ENV=development ${install}`);
  const installProduction = run(`${install} --omit=dev`);
  const builds = project.scripts.build !== undefined;
  if (needsSource(project)) {
    const steps = builds
      ? [installAll, run('npm run build && npm prune --omit=dev')]
      : [installProduction];
    return { instructions: ['COPY . ./', ...steps, 'USER agent'] };
  }
  const manifests = ['package.json', ...(lock === undefined ? [] : [lock])];
  if (files.has('.npmrc')) manifests.push('.npmrc');
  const copyManifests = `COPY ${manifests.join(' ')} ./`;
  if (!builds)
    return { instructions: [copyManifests, installProduction, 'USER agent', 'COPY . ./'] };
  // The packages lie one folder above the source, where npm and Node find them too: so what was
  // built is copied without them, and a change of the source repeats only the build.
  return {
    buildStage: [
      'WORKDIR /build',
      copyManifests,
      installAll,
      'COPY . ./app/',
      'WORKDIR /build/app',
      run('npm run build'),
    ],
    instructions: [
      copyManifests,
      installProduction,
      'USER agent',
      'COPY --from=build /build/app ./',
    ],
  };
}

/** Whether installing reads more of the folder than package.json and its lock file. */
function needsSource(project: PackageFile): boolean {
  const versions = [project.dependencies, project.devDependencies, project.optionalDependencies];
  return (
    project.workspaces !== undefined ||
    INSTALL_SCRIPTS.some((name) => project.scripts[name] !== undefined) ||
    versions.some((of) => Object.values(of).some((version) => /^(file:|link:|\.|\/)/.test(version)))
  );
}

function noLockNote(files: ProjectFiles): string {
  const other = ['pnpm-lock.yaml', 'yarn.lock', 'bun.lock'].find((path) => files.has(path));
  const but = other === undefined ? '' : `; ${other} is not read`;
  return `There is no package-lock.json, so the newest matching versions are installed${but}.`;
}

/** Variables of langgraph.json; a file of variables may hold secrets and stays out of the image. */
export function languageEnv(langgraph: Langgraph | undefined, notes: string[]): string[] {
  if (langgraph === undefined) return [];
  if (typeof langgraph.env === 'string') {
    notes.push(
      `The file "${langgraph.env}" that langgraph.json names is not put into the image: set its variables in agent.yaml.`,
    );
    return [];
  }
  return Object.entries(langgraph.env)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => envInstruction(name, value));
}

const MAIN_FILES = [
  'server',
  'index',
  'main',
  'app',
  'src/server',
  'src/index',
  'src/main',
  'src/app',
];

function findStart(
  files: ProjectFiles,
  project: PackageFile | undefined,
  langgraph: Langgraph | undefined,
): string[] {
  const { start, prestart } = project?.scripts ?? {};
  if (start !== undefined)
    return commandOf(prestart === undefined ? start : `(${prestart}) && (${start})`);
  if (langgraph !== undefined && Object.keys(langgraph.graphs).length > 0)
    throw imageErrors.start_not_detected(
      `langgraph.json names the graph "${Object.keys(langgraph.graphs)[0]}", but nothing says which program serves it over HTTP.`,
      {
        remedy:
          'Add a "start" script to package.json (such as "node src/server.ts") that listens on $PORT, or "start:" under "build:" in agent.yaml.',
      },
    );
  if (project?.main !== undefined && files.has(project.main.replace(/^\.\//, '')))
    return ['node', project.main];
  const names = MAIN_FILES.flatMap((name) =>
    ['.ts', '.js', '.mjs', '.cjs', '.mts'].map((end) => name + end),
  );
  const found = names.find((path) => files.has(path));
  if (found !== undefined) return ['node', found];
  throw imageErrors.start_not_detected(
    'package.json has no "start" script and no "main", and there is no server, index, main or app file.',
    { remedy: 'Add a "start" script to package.json, or "start:" under "build:" in agent.yaml.' },
  );
}
