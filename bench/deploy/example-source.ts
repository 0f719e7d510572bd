/** Copies of the example agent that a benchmark may change and commit. */
import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { mustRun } from '../../src/base/command.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'support-desk');
/** What the timings end with must be the agent's first answer, not the next look at it. */
const SPEC = {
  port: 8080,
  resources: { cpus: 1, memory: '512MiB', disk: '256MiB' },
  health: { type: 'http', path: '/healthz', interval: '1s', grace_period: '10m' },
  concurrency: { hard_limit: 100 },
  deploy: { timeout: '14m' },
};

export async function copyExample(to: string): Promise<string> {
  await cp(EXAMPLE, to, {
    recursive: true,
    filter: (path) => !path.includes('node_modules') && !path.endsWith('agent.yaml'),
  });
  return to;
}

/** The example as a Git repository; returns its URL. */
export async function commitExample(folder: string): Promise<string> {
  const git = (...args: string[]) => mustRun('git', args, { cwd: folder, timeoutMs: 60_000 });
  await git('init', '--quiet', '-b', 'main');
  await git('add', '.');
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  await git(...who, 'commit', '--quiet', '-m', 'the example');
  return `file://${folder}`;
}

/** One line more in the agent's program: a comment, so that it behaves as before. */
export function changeOneLine(folder: string, change: number): Promise<void> {
  return appendFile(join(folder, 'src', 'server.ts'), `// change ${change}\n`);
}

/** A Node.js agent without dependencies: its first deploy makes the base image. */
export async function makeTinyNodeAgent(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = { name: 'tiny', version: '1.0.0', type: 'module', main: 'server.js' };
  const scripts = { start: 'node server.js' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, scripts }));
  await writeFile(
    join(folder, 'server.js'),
    "import { createServer } from 'node:http';\ncreateServer((_, r) => r.end('ok')).listen(8080, '0.0.0.0');\n",
  );
  return folder;
}

/** Writes NAME.yaml beside the source and returns its path. */
export async function writeAgentFile(
  folder: string,
  agent: { name: string; source: { build: string } | { git: string }; spec?: object },
): Promise<string> {
  const path = join(folder, `${agent.name}.yaml`);
  const manifest = {
    apiVersion: 'swarm/v1',
    kind: 'Agent',
    metadata: { name: agent.name },
    spec: { ...SPEC, ...agent.spec, ...agent.source },
  };
  await writeFile(path, stringify(manifest));
  return path;
}
