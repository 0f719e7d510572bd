import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SwarmError } from '../base/errors.ts';
import type { BuildOptions } from '../contracts/source.ts';
import { planBuild } from './build-plan.ts';
import { projectFiles } from './project-files.ts';

const json = (value: unknown) => JSON.stringify(value);
const GRAPH_PY = json({ graphs: { agent: './agent.py:graph' }, dependencies: ['.'] });
const GRAPH_JS = json({ graphs: { agent: './agent.ts:graph' } });

interface Case {
  readonly name: string;
  readonly files: Record<string, string>;
  readonly build?: BuildOptions;
  /** Runtime, or path of the Dockerfile. */
  readonly is: string;
  readonly cmd?: readonly string[];
  /** Instructions that must come in this order. */
  readonly order?: readonly RegExp[];
  readonly never?: RegExp;
}

const NPM_CI = /^RUN .* npm ci --omit=dev$/;
const PIP = /^RUN .* pip install --no-cache-dir -r requirements.txt$/;

const cases: readonly Case[] = [
  { name: 'a Dockerfile wins', files: { Dockerfile: '', 'package.json': '{}' }, is: 'Dockerfile' },
  {
    name: 'a named Dockerfile',
    files: { 'docker/api': '', Dockerfile: '' },
    build: { dockerfile: 'docker/api' },
    is: 'docker/api',
  },
  {
    name: 'a forced runtime passes over a Dockerfile',
    files: { Dockerfile: '', 'app.py': '' },
    build: { runtime: 'python' },
    is: 'python',
    cmd: ['python3', 'app.py'],
  },
  {
    name: 'dependencies first, then the source',
    files: {
      'package.json': json({ scripts: { start: 'node src/server.ts' } }),
      'package-lock.json': '',
    },
    is: 'node',
    cmd: ['node', 'src/server.ts'],
    order: [
      /^WORKDIR \/app$/,
      /NODE_ENV=production PORT=8080/,
      /^EXPOSE 8080$/,
      /^COPY package.json package-lock.json \.\/$/,
      NPM_CI,
      /^USER agent$/,
      /^COPY \. \.\/$/,
    ],
  },
  {
    name: 'no lock file',
    files: { 'package.json': json({ scripts: { start: 'node a' } }) },
    is: 'node',
    order: [/^COPY package.json \.\/$/, /npm install --omit=dev$/],
  },
  {
    name: 'a shell in the start script',
    files: { 'package.json': json({ scripts: { start: 'A=1 node a && b' } }) },
    is: 'node',
    cmd: ['/bin/sh', '-c', 'A=1 node a && b'],
  },
  {
    name: 'prestart runs first',
    files: { 'package.json': json({ scripts: { start: 'node a', prestart: 'b' } }) },
    is: 'node',
    cmd: ['/bin/sh', '-c', '(b) && (node a)'],
  },
  {
    name: 'main',
    files: { 'package.json': json({ main: './lib/x.js' }), 'lib/x.js': '' },
    is: 'node',
    cmd: ['node', './lib/x.js'],
  },
  {
    name: 'a server file',
    files: { 'package.json': '{}', 'src/index.ts': '', 'server.js': '' },
    is: 'node',
    cmd: ['node', 'server.js'],
  },
  {
    name: 'start from the manifest',
    files: { 'package.json': '{}' },
    build: { start: ['node', 'x y'] },
    is: 'node',
    cmd: ['node', 'x y'],
  },
  {
    name: 'a postinstall script needs the source',
    files: {
      'package.json': json({ scripts: { start: 'a', postinstall: 'b' } }),
      'package-lock.json': '',
    },
    is: 'node',
    order: [/^COPY \. \.\/$/, NPM_CI],
  },
  {
    name: 'workspaces need the source',
    files: {
      'package.json': json({ workspaces: ['a'], scripts: { start: 'a' } }),
      'package-lock.json': '',
    },
    is: 'node',
    order: [/^COPY \. \.\/$/, NPM_CI],
  },
  {
    name: 'a file: dependency needs the source',
    files: { 'package.json': json({ dependencies: { a: 'file:a' }, scripts: { start: 'a' } }) },
    is: 'node',
    order: [/^COPY \. \.\/$/, /npm install/],
  },
  {
    name: 'a build script builds in a stage of its own, with development dependencies',
    files: {
      'package.json': json({ scripts: { start: 'a', build: 'tsc' } }),
      'package-lock.json': '',
    },
    is: 'node',
    order: [
      /NODE_ENV=development npm ci$/,
      /^COPY \. \.\/app\/$/,
      /npm run build$/,
      NPM_CI,
      /^USER agent$/,
      /^COPY --from=build \/build\/app \.\/$/,
    ],
  },
  {
    name: 'a build script of a project that needs its source drops development dependencies',
    files: {
      'package.json': json({ workspaces: ['a'], scripts: { start: 'a', build: 'tsc' } }),
      'package-lock.json': '',
    },
    is: 'node',
    order: [/^COPY \. \.\/$/, /npm run build && npm prune --omit=dev$/, /^USER agent$/],
  },
  {
    name: 'LangGraph.js',
    files: {
      'langgraph.json': GRAPH_JS,
      'package.json': json({ scripts: { start: 'node s.ts' } }),
    },
    is: 'node',
  },
  {
    name: 'langgraph.json decides between two',
    files: {
      'langgraph.json': GRAPH_PY,
      'package.json': json({ scripts: { start: 'x' } }),
      'app.py': '',
    },
    is: 'python',
  },
  {
    name: 'requirements.txt',
    files: { 'requirements.txt': 'a==1\n', 'main.py': '' },
    is: 'python',
    cmd: ['python3', 'main.py'],
    order: [
      /PYTHONUNBUFFERED=1 PORT=8080/,
      /^COPY requirements.txt \.\/$/,
      PIP,
      /^COPY \. \.\/$/,
      /^USER agent$/,
    ],
  },
  {
    name: 'requirements that name files need the source',
    files: { 'requirements.txt': '-e .\n', 'main.py': '' },
    is: 'python',
    order: [/^COPY \. \.\/$/, PIP],
  },
  {
    name: 'a script of pyproject, installed',
    files: {
      'pyproject.toml':
        '[build-system]\n[project]\nname="a"\n[project.scripts]\nagent = "a.b:main"\n',
    },
    is: 'python',
    cmd: ['agent'],
    order: [/^COPY pyproject.toml/, /dependencies.py/, /^COPY \. \.\/$/, /--no-deps \.$/],
  },
  {
    name: 'a script of pyproject, not installed',
    files: { 'pyproject.toml': '[project]\n[project.scripts]\nagent = "a.b:main"\n' },
    is: 'python',
    cmd: ['python3', '-c', 'import sys; from a.b import main; sys.exit(main())'],
    never: /--no-deps/,
  },
  {
    name: 'several scripts, one named serve',
    files: { 'pyproject.toml': '[project]\n[project.scripts]\na = "a:a"\nserve = "b:run" # x\n' },
    is: 'python',
    cmd: ['python3', '-c', 'import sys; from b import run; sys.exit(run())'],
  },
  {
    name: 'variables of langgraph.json',
    files: { 'langgraph.json': json({ env: { A: 'x"$y' }, dependencies: [] }), 'app.py': '' },
    is: 'python',
    order: [/^ENV A="x\\"\\\$y"$/],
  },
  {
    name: 'packages of langgraph.json',
    files: { 'langgraph.json': json({ dependencies: ['langchain_openai', '.'] }), 'app.py': '' },
    is: 'python',
    order: [/pip install --no-cache-dir 'langchain_openai'$/, /^COPY \. \.\/$/],
  },
];

for (const { name, files, build, is, cmd, order = [], never } of cases)
  test(name, () => {
    const plan = planBuild(projectFiles(files), build);
    if (plan.type === 'dockerfile') return assert.equal(plan.dockerfile, is);
    assert.equal(plan.runtime, is);
    if (cmd !== undefined)
      assert.ok(plan.instructions.includes(`CMD ${json(cmd)}`), plan.instructions.join('\n'));
    const lines = [...(plan.buildStage ?? []), ...plan.instructions];
    let at = -1;
    for (const pattern of order) {
      const next = lines.findIndex((line, i) => i > at && pattern.test(line));
      assert.ok(next > at, `${pattern} after line ${at} of\n${lines.join('\n')}`);
      at = next;
    }
    if (never !== undefined) assert.ok(!plan.instructions.some((line) => never.test(line)));
  });

const failures: readonly [string, Record<string, string>, BuildOptions, string, RegExp][] = [
  [
    'nothing known',
    { 'README.md': '' },
    {},
    'runtime_not_detected',
    /looked for Dockerfile, langgraph\.json, package\.json/,
  ],
  [
    'a Dockerfile that is not there',
    { Dockerfile: '' },
    { dockerfile: 'x' },
    'dockerfile_not_found',
    /"x"/,
  ],
  [
    'a graph that nothing serves',
    { 'langgraph.json': GRAPH_JS, 'package.json': '{}', 'index.ts': '' },
    {},
    'start_not_detected',
    /graph "agent"/,
  ],
  [
    'a Python graph that nothing serves',
    { 'langgraph.json': GRAPH_PY, 'requirements.txt': '' },
    {},
    'start_not_detected',
    /graph "agent"/,
  ],
  ['no start', { 'package.json': '{}' }, {}, 'start_not_detected', /"start" script/],
  [
    'several scripts',
    { 'pyproject.toml': '[project.scripts]\na="a:a"\nb="b:b"' },
    {},
    'start_not_detected',
    /a, b/,
  ],
  ['JSON that is none', { 'package.json': '{' }, {}, 'project_file_invalid', /^package\.json/],
  [
    'langgraph.json of another shape',
    { 'langgraph.json': '{"graphs":[1]}' },
    {},
    'project_file_invalid',
    /^langgraph\.json: graphs/,
  ],
];

for (const [name, files, build, code, message] of failures)
  test(`refused: ${name}`, () => {
    assert.throws(
      () => planBuild(projectFiles(files), build),
      (error) => {
        assert.ok(error instanceof SwarmError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      },
    );
  });

test('an env file of langgraph.json is noted, not copied', () => {
  const files = { 'langgraph.json': json({ env: '.env' }), 'app.py': '', '.env': 'KEY=secret' };
  const plan = planBuild(projectFiles(files));
  assert.ok(plan.type === 'runtime' && plan.notes.some((note) => note.includes('".env"')));
});

/** Whatever a project says, each instruction stays one line with a known first word. */
test('no content of a project can add an instruction', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.constantFrom('a\nRUN evil', '"\nUSER root\n"', '\\', '`x`', "'"),
  );
  const known = [
    'package.json',
    'langgraph.json',
    'requirements.txt',
    'app.py',
    'package-lock.json',
  ];
  fc.assert(
    fc.property(
      anything,
      anything,
      fc.subarray(known),
      fc.array(anything, { minLength: 1 }),
      (a, b, present, start) => {
        const all: Record<string, string> = {
          'package.json': json({
            scripts: { start: a, prestart: b },
            main: a,
            dependencies: { [a]: b },
          }),
          'langgraph.json': json({
            graphs: { [a]: b },
            env: { [a]: b, GOOD: a },
            dependencies: [a, `./${b}`],
          }),
          'requirements.txt': a,
          'app.py': '',
          'package-lock.json': '',
        };
        const files = Object.fromEntries(present.map((path) => [path, all[path] ?? '']));
        try {
          const plan = planBuild(projectFiles(files), { start });
          assert.ok(plan.type === 'runtime');
          for (const line of plan.instructions) {
            assert.match(line, /^(WORKDIR|ENV|EXPOSE|CMD|COPY|RUN|USER) /);
            assert.ok(!/[\r\n]/.test(line), line);
          }
          assert.ok(plan.instructions.includes('USER agent'));
        } catch (error) {
          assert.ok(error instanceof SwarmError, String(error));
        }
      },
    ),
  );
});
