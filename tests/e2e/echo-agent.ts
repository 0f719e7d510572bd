/** Makes a folder that deploys the echo agent: its program, a Dockerfile and an agent.yaml. */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'echo-agent');

/** Builds the program into a new folder; the caller removes the folder. */
export async function makeEchoAgent(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'echo-agent-'));
  await cp(join(FIXTURE, 'Dockerfile'), join(folder, 'Dockerfile'));
  execFileSync(
    'go',
    ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(folder, 'echo-agent'), '.'],
    {
      cwd: FIXTURE,
      env: { ...process.env, CGO_ENABLED: '0' },
    },
  );
  return folder;
}

/** Writes agent.yaml into the folder: small machines, quick health checks, and `spec` over them. */
export async function writeManifest(
  folder: string,
  options: { name: string; spec?: Record<string, unknown> },
): Promise<string> {
  const path = join(folder, 'agent.yaml');
  const manifest = {
    apiVersion: 'swarm/v1',
    kind: 'Agent',
    metadata: { name: options.name },
    spec: {
      build: '.',
      resources: { memory: '128MiB', disk: '64MiB' },
      health: { type: 'http', path: '/healthz', interval: '1s' },
      ...options.spec,
    },
  };
  await writeFile(path, stringify(manifest));
  return path;
}
