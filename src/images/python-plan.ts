import type { BuildOptions } from '../contracts/source.ts';
import type { RuntimePlan } from './build-plan.ts';
import { execForm } from './dockerfile-words.ts';
import { imageErrors } from './errors.ts';
import { type Langgraph, readLanggraph } from './langgraph-file.ts';
import { BUILD_MOUNT } from './layer-storage.ts';
import { languageEnv } from './node-plan.ts';
import type { ProjectFiles } from './project-files.ts';
import { hasTable, tomlTable } from './pyproject-file.ts';

/** @throws start_not_detected, project_file_invalid */
export function planPython(files: ProjectFiles, build: BuildOptions): RuntimePlan {
  const langgraph = readLanggraph(files);
  const start = build.start ?? findStart(files, langgraph);
  const notes: string[] = [];
  const instructions = [
    'WORKDIR /app',
    'ENV PYTHONUNBUFFERED=1 PORT=8080 VIRTUAL_ENV=/opt/venv PATH="/opt/venv/bin:$PATH"',
    ...languageEnv(langgraph, notes),
    'EXPOSE 8080',
    `CMD ${execForm(start)}`,
    ...installSteps(files, langgraph),
    'USER agent',
  ];
  const version = langgraph?.pythonVersion;
  return {
    type: 'runtime',
    runtime: 'python',
    instructions,
    notes,
    ...(version === undefined ? {} : { version }),
  };
}

/**
 * One layer for what comes from the package index, another for the source. Dependencies of a
 * pyproject.toml are read out of it, so that a change of the source does not install them again.
 */
function installSteps(files: ProjectFiles, langgraph: Langgraph | undefined): string[] {
  const run = (command: string) => `RUN . ${BUILD_MOUNT}/environment && ${command}`;
  const pip = 'pip install --no-cache-dir';
  const declared = (langgraph?.dependencies ?? []).map((d) =>
    d.replace(/^\.\//, '').replace(/\/$/, ''),
  );
  const isPackage = (name: string) =>
    !name.startsWith('.') && !files.paths.some((p) => p.startsWith(`${name}/`));
  const named = declared.filter(isPackage);
  const folders = declared.filter(
    (name) => !isPackage(name) && name !== '.' && !name.startsWith('..'),
  );
  const steps: string[] = [];
  if (named.length > 0) steps.push(run(`${pip} ${named.map(shellQuoted).join(' ')}`));
  if (files.has('requirements.txt')) {
    const nested = /^\s*(-e\s|-r\s|--requirement|-c\s|\.|\/|file:)/m.test(
      files.text('requirements.txt') ?? '',
    );
    if (nested) steps.push('COPY . ./');
    else steps.push('COPY requirements.txt ./');
    steps.push(run(`${pip} -r requirements.txt`));
  }
  const pyproject = files.text('pyproject.toml');
  const isProject = pyproject !== undefined && hasTable(pyproject, 'project');
  if (isProject) {
    steps.push('COPY pyproject.toml ./');
    steps.push(
      run(
        `python3 ${BUILD_MOUNT}/dependencies.py pyproject.toml > /tmp/requirements.txt && ${pip} -r /tmp/requirements.txt && rm /tmp/requirements.txt`,
      ),
    );
  }
  steps.push('COPY . ./');
  for (const folder of folders) {
    if (files.has(`${folder}/requirements.txt`))
      steps.push(run(`${pip} -r ${shellQuoted(`${folder}/requirements.txt`)}`));
    if (files.has(`${folder}/pyproject.toml`) || files.has(`${folder}/setup.py`))
      steps.push(run(`${pip} ${shellQuoted(`./${folder}`)}`));
  }
  const installable =
    pyproject !== undefined &&
    (hasTable(pyproject, 'build-system') || hasTable(pyproject, 'tool.poetry'));
  if (installable) steps.push(run(`${pip} ${isProject ? '--no-deps ' : ''}.`));
  return steps;
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const MAIN_FILES = ['app.py', 'main.py', 'server.py', 'src/app.py', 'src/main.py', 'src/server.py'];

function findStart(files: ProjectFiles, langgraph: Langgraph | undefined): string[] {
  const pyproject = files.text('pyproject.toml') ?? '';
  const scripts = Object.entries(tomlTable(pyproject, 'project.scripts'));
  const chosen =
    scripts.find(([name]) => name === 'start' || name === 'serve') ??
    (scripts.length === 1 ? scripts[0] : undefined);
  if (chosen !== undefined) {
    // An installed project has the script itself; otherwise its module and function are called.
    if (hasTable(pyproject, 'build-system')) return [chosen[0]];
    const [module = '', callable = 'main'] = chosen[1].split(':');
    return [
      'python3',
      '-c',
      `import sys; from ${module} import ${callable}; sys.exit(${callable}())`,
    ];
  }
  const main = MAIN_FILES.find((path) => files.has(path));
  if (main !== undefined) return ['python3', main];
  if (scripts.length > 1)
    throw imageErrors.start_not_detected(
      `pyproject.toml has several scripts (${scripts.map(([name]) => name).join(', ')}), none named "start" or "serve".`,
    );
  const graph = Object.keys(langgraph?.graphs ?? {})[0];
  const remedy =
    'Add "start:" under "build:" in agent.yaml, or an app.py, or a script in [project.scripts] of pyproject.toml, that listens on $PORT.';
  if (graph !== undefined)
    throw imageErrors.start_not_detected(
      `langgraph.json names the graph "${graph}", but nothing says which program serves it over HTTP.`,
      { remedy },
    );
  throw imageErrors.start_not_detected(
    `Nothing says how to start the agent: looked for [project.scripts] in pyproject.toml and ${MAIN_FILES.join(', ')}.`,
    { remedy },
  );
}
