/** The hostile agent: its folder made, and told what to say, answer and call. */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const SOURCE = join(import.meta.dirname, 'hostile-agent');
const BUSYBOX = '/bin/busybox';

/** Builds the program into a new folder; the caller removes the folder. */
export async function makeHostileAgent(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostile-agent-'));
  await copyFile(join(SOURCE, 'Dockerfile'), join(folder, 'Dockerfile'));
  // For the terminal: a shell that needs nothing else.
  await copyFile(BUSYBOX, join(folder, 'busybox'));
  const output = join(folder, 'hostile-agent');
  execFileSync('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', output, '.'], {
    cwd: SOURCE,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  return folder;
}

/** Writes its agent.yaml there, with `spec` over what it says. @returns the file */
export async function writeHostileManifest(
  folder: string,
  { name = 'hostile', spec = {} }: { name?: string; spec?: Record<string, unknown> } = {},
): Promise<string> {
  const manifest = parse(await readFile(join(SOURCE, 'agent.yaml'), 'utf8')) as {
    metadata: { name: string };
    spec: Record<string, unknown>;
  };
  manifest.metadata.name = name;
  Object.assign(manifest.spec, spec);
  const path = join(folder, 'agent.yaml');
  await writeFile(path, stringify(manifest));
  return path;
}

export interface ToldAnswer {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
}

/** What the agent may be told, as the body of the call that tells it. */
export function answerOrder({ status = 200, headers = [], body = '' }: ToldAnswer): string {
  return JSON.stringify({ status, headers, body: Buffer.from(body).toString('base64') });
}

export function sayOrder(
  lines: readonly (string | Uint8Array)[],
  stream: 'stdout' | 'stderr' = 'stdout',
): string {
  const base64 = lines.map((line) => Buffer.from(line).toString('base64'));
  return JSON.stringify({ stream, lines: base64 });
}
