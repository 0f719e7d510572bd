/** Builds the dashboard as the launcher does, unless it lies there made of the sources as they are. */
import { join } from 'node:path';
import { mustRun, run } from '../../src/base/command.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export async function buildDashboard(): Promise<void> {
  const options = { cwd: ROOT, timeoutMs: 180_000 };
  const list = '.swarm/dashboard-sources';
  const checked = await run('sha256sum', ['--check', '--status', list], options);
  if (checked.exitCode === 0) return;
  await mustRun(process.execPath, ['launcher/build-dashboard.mjs'], options);
}
