/** The dashboard's files as swarmd serves them, made anew when their sources are newer. */
import { glob, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../../src/base/command.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BUILT = join(ROOT, '.swarm', 'dashboard');

export async function buildDashboard(): Promise<void> {
  if (await isFresh()) return;
  const folder = await mkdtemp(`${BUILT}-`);
  const vite = join(ROOT, 'node_modules', '.bin', 'vite');
  const config = join(ROOT, 'src', 'dashboard', 'vite.config.ts');
  await mustRun(vite, ['build', '--config', config, '--outDir', folder, '--emptyOutDir'], {
    cwd: ROOT,
    timeoutMs: 120_000,
  });
  await rm(BUILT, { recursive: true, force: true });
  await rename(folder, BUILT);
}

async function isFresh(): Promise<boolean> {
  const built = await stat(join(BUILT, 'index.html')).catch(() => undefined);
  if (built === undefined) return false;
  for await (const path of glob('src/{dashboard,contracts}/**/*.*', { cwd: ROOT }))
    if ((await stat(join(ROOT, path))).mtimeMs > built.mtimeMs) return false;
  return true;
}
