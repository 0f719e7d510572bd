/**
 * How a folder becomes an image: decided from the names and contents of its files alone, so that
 * every case can be tested without building anything.
 */
import type { BuildOptions } from '../contracts/source.ts';
import { imageErrors } from './errors.ts';
import { readLanggraph } from './langgraph-file.ts';
import { planNode } from './node-plan.ts';
import type { ProjectFiles } from './project-files.ts';
import { planPython } from './python-plan.ts';

export type Runtime = 'python' | 'node';

export interface DockerfilePlan {
  readonly type: 'dockerfile';
  /** Path inside the folder. */
  readonly dockerfile: string;
}

export interface RuntimePlan {
  readonly type: 'runtime';
  readonly runtime: Runtime;
  /** Version asked for, like `22` or `3.11`; absent: the one Swarm brings. */
  readonly version?: string;
  /** A stage named `build` that comes before, after its own FROM line. */
  readonly buildStage?: readonly string[];
  /** What comes after the FROM line. */
  readonly instructions: readonly string[];
  /** Things the user should know, as lines for the log. */
  readonly notes: readonly string[];
}

/** Files that a generated image never gets, besides those of .dockerignore. */
export const NEVER_IN_RUNTIME_IMAGES = [
  ...['**/.git', '**/node_modules', '**/__pycache__', '**/.venv', '**/venv'],
  ...['**/.env', '**/.env.*', '!**/.env.example', '**/.DS_Store', '.langgraph_api'],
];

/** @throws dockerfile_not_found, runtime_not_detected, start_not_detected, project_file_invalid */
export function planBuild(
  files: ProjectFiles,
  build: BuildOptions = {},
): DockerfilePlan | RuntimePlan {
  if (build.dockerfile !== undefined) {
    if (files.has(build.dockerfile)) return { type: 'dockerfile', dockerfile: build.dockerfile };
    throw imageErrors.dockerfile_not_found(`There is no file "${build.dockerfile}".`);
  }
  if (build.runtime === undefined && files.has('Dockerfile'))
    return { type: 'dockerfile', dockerfile: 'Dockerfile' };
  const runtime = build.runtime ?? detectRuntime(files);
  if (runtime === undefined)
    throw imageErrors.runtime_not_detected(
      'Neither a Dockerfile nor a known kind of project was found: looked for Dockerfile, langgraph.json, package.json, pyproject.toml, requirements.txt, app.py and main.py.',
      { details: { found: files.paths.filter((path) => !path.includes('/')).slice(0, 20) } },
    );
  return runtime === 'node' ? planNode(files, build) : planPython(files, build);
}

/** langgraph.json names its language; after it, a package.json means Node. */
function detectRuntime(files: ProjectFiles): Runtime | undefined {
  const langgraph = readLanggraph(files);
  if (langgraph?.nodeVersion !== undefined) return 'node';
  if (langgraph?.pythonVersion !== undefined) return 'python';
  const graphFiles = Object.values(langgraph?.graphs ?? {}).map((at) => at.split(':')[0] ?? '');
  if (graphFiles.some((file) => /\.[cm]?[jt]sx?$/.test(file))) return 'node';
  if (graphFiles.some((file) => file.endsWith('.py'))) return 'python';
  if (files.has('package.json')) return 'node';
  const python = ['pyproject.toml', 'requirements.txt', 'app.py', 'main.py'];
  return python.some((path) => files.has(path)) ? 'python' : undefined;
}
