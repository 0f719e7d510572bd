import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { SetupError } from './setup-error.mjs';

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/**
 * Which packages of the lockfile are not installed in that version. `installed` is the lockfile that
 * npm writes into node_modules when an installation has ended well.
 * @returns {string[]}
 */
export function missingFrom(lock, installed, { dev }) {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.optional && (dev || !entry.dev))
    .filter(([path, entry]) => installed?.packages?.[path]?.version !== entry.version)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

/** Names of the npm packages that are wanted and not there. */
export function missingNpmPackages(root, { dev }) {
  const installed = existsSync(join(root, '.swarm/npm-unfinished'))
    ? undefined
    : readJson(join(root, 'node_modules/.package-lock.json'));
  return missingFrom(readJson(join(root, 'package-lock.json')), installed, { dev });
}

/**
 * Installs exactly what the lockfile says. What is there already stays in place, since a swarmd may
 * be running from it; after an installation that was cut short everything is installed anew.
 * @throws SetupError
 */
export async function installNpmPackages(root, { dev: wantsDev, onLine }) {
  const dev = wantsDev || existsSync(join(root, '.swarm/set-up-dev'));
  const marker = join(root, '.swarm/npm-unfinished');
  const common = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    dev ? '--include=dev' : '--omit=dev',
  ];
  const startOver =
    existsSync(marker) || !existsSync(join(root, 'node_modules/.package-lock.json'));
  writeFileSync(marker, '');
  // npm ci wants every optional package to be in the registry; a mirror may lack those of other
  // systems, and npm install does without them.
  if (startOver) rmSync(join(root, 'node_modules'), { recursive: true, force: true });
  const attempts = startOver ? ['ci', 'install --no-save'] : ['install --no-save', 'ci'];
  let output = '';
  for (const attempt of attempts) {
    const args = [...attempt.split(' '), ...common];
    const result = await run('npm', args, { cwd: root, onLine });
    output = result.output;
    if (result.code !== 0) continue;
    rmSync(marker, { force: true });
    return;
  }
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET/.exec(output)?.[0];
  throw new SetupError(
    offline
      ? `the npm registry cannot be reached (${offline})`
      : 'npm could not install the packages',
    offline
      ? 'check the network, or name a mirror: npm config set registry URL'
      : `see why with: cd ${root} && npm ci --ignore-scripts`,
  );
}
