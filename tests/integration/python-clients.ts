/** A Python with the official packages of OpenAI and Anthropic, kept in the cache of the tests. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PACKAGES = ['openai==3.54.0', 'anthropic==2.12.0', 'requests==2.34.2'];
const INSTALL_TIMEOUT_MS = 240_000;
const PROBE_TIMEOUT_MS = 30_000;
const cacheDir = process.env.SWARM_TEST_CACHE_DIR ?? join(tmpdir(), 'swarm-test-cache');
const execute = promisify(execFile);

export type PythonClients =
  | { readonly python: string; readonly missing: undefined }
  | { readonly python: undefined; readonly missing: string };

/** Made once: the packages stand in the folder's name. */
export async function pythonClients(): Promise<PythonClients> {
  const folder = join(cacheDir, `python-${PACKAGES.join('-').replaceAll('==', '-')}`);
  const python = join(folder, 'bin', 'python3');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { python, missing: undefined };
  const missing = await whatIsMissing();
  if (missing !== undefined) return { python: undefined, missing };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await execute('python3', ['-m', 'venv', folder], { timeout: INSTALL_TIMEOUT_MS });
  const install = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', ...PACKAGES];
  await execute(python, install, { timeout: INSTALL_TIMEOUT_MS });
  writeFileSync(complete, '');
  return { python, missing: undefined };
}

async function whatIsMissing(): Promise<string | undefined> {
  const works = (...args: string[]) =>
    execute('python3', args, { timeout: PROBE_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
  const probe = mkdtempSync(join(tmpdir(), 'swarm-venv-'));
  try {
    if (!(await works('-m', 'venv', probe))) return 'python3-venv is not installed';
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
  if (await works('-m', 'pip', 'index', 'versions', 'requests')) return undefined;
  return 'the Python package index cannot be reached from here';
}
