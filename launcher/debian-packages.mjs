import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isOnPath, run } from './command.mjs';
import { SetupError } from './setup-error.mjs';

/** apt-get that asks nothing, keeps changed configuration, and waits for other apt processes. */
const APT = ['apt-get', '-y', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3'];
const DPKG = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
const ENVIRONMENT = ['DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_MODE=l', 'LC_ALL=C.UTF-8'];

const POLICY = process.env.SWARM_SETUP_POLICY_RC_D ?? '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# Made by the set-up of Swarm, and removed by it: packages start no services.';

/** Is version `a` at least `b`? Numbers between dots. */
export function isAtLeast(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < right.length; i++) {
    if ((left[i] ?? 0) !== right[i]) return (left[i] ?? 0) > right[i];
  }
  return true;
}

async function isProvidedOtherwise({ unlessProgram, minVersion }) {
  if (unlessProgram === undefined) return false;
  const { code, output } = await run(unlessProgram, ['version']);
  const version = /(\d+\.\d+(\.\d+)?)/.exec(output)?.[1];
  return code === 0 && version !== undefined && isAtLeast(version, minVersion);
}

/**
 * Names of the packages that dpkg does not have installed.
 * @param {{ name: string, unlessProgram?: string, minVersion?: string }[]} wanted
 * @returns {Promise<string[]>}
 */
export async function missingPackages(wanted) {
  const query = [
    '-W',
    '-f',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    '${Package} ${db:Status-Status}\\n',
    ...wanted.map(({ name }) => name),
  ];
  const { output } = await run('dpkg-query', query);
  const missing = [];
  for (const wish of wanted) {
    if (output.split('\n').includes(`${wish.name} installed`)) continue;
    if (!(await isProvidedOtherwise(wish))) missing.push(wish.name);
  }
  return missing;
}

/** The command that a person would type, for messages. */
export function installCommand(names) {
  return `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
}

/** How to become root: nothing to add, or sudo; throws when neither is possible. */
async function rootPrefix(names) {
  if (process.getuid?.() === 0) return { prefix: [], stdin: 'ignore' };
  const remedy = `as root, run: ${installCommand(names)}`;
  if (!(await isOnPath('sudo')))
    throw new SetupError(`Debian packages are missing: ${names.join(', ')}`, remedy);
  if ((await run('sudo', ['-n', 'true'])).code === 0)
    return { prefix: ['sudo', '-n'], stdin: 'ignore' };
  if (!process.stdin.isTTY)
    throw new SetupError(
      `Debian packages are missing (${names.join(', ')}), and sudo wants a password`,
      `run: sudo sh -c '${installCommand(names)}'`,
    );
  process.stderr.write(`\nsudo asks for your password, to install: ${names.join(' ')}\n`);
  return { prefix: ['sudo'], stdin: 'inherit' };
}

/** Runs `work` while packages that bring services may not start them; leaves other policies alone. */
async function withoutServices(work) {
  const ours = existsSync(POLICY) && readFileSync(POLICY, 'utf8').includes(POLICY_MARK);
  const writable = process.getuid?.() === 0 && (ours || !existsSync(POLICY));
  if (!writable) return work();
  writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}

function failure(names, output) {
  const unknown = [
    ...output.matchAll(
      /Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate/g,
    ),
  ].map((match) => match[1] ?? match[2]);
  if (unknown.length > 0)
    return new SetupError(
      `this system's package sources do not have: ${unknown.join(', ')}`,
      'Swarm needs Debian 12 or Ubuntu 22.04 or newer; on Ubuntu: add-apt-repository -y universe',
    );
  return new SetupError(
    `apt-get could not install: ${names.join(', ')}`,
    `see why with: ${installCommand(names)}`,
  );
}

/** Installs packages by name; starts no services. @throws SetupError */
export async function installPackages(names, onLine) {
  if (!(await isOnPath('apt-get')))
    throw new SetupError(
      'this system has no apt-get; Swarm sets itself up on Debian 12 or Ubuntu 22.04 and newer',
      `install what these Debian packages bring: ${names.join(' ')}`,
    );
  const { prefix, stdin } = await rootPrefix(names);
  const asRoot = (args) => {
    const [file, ...rest] = [...prefix, 'env', ...ENVIRONMENT, ...args];
    return run(file, rest, { onLine, stdin });
  };
  await withoutServices(async () => {
    await asRoot(['dpkg', '--configure', '-a']); // An earlier attempt may have been cut short.
    await asRoot([...APT, 'update']); // Offline, older lists may do.
    const { code, output } = await asRoot([
      ...APT,
      ...DPKG,
      'install',
      '--no-install-recommends',
      ...names,
    ]);
    if (code !== 0) throw failure(names, output);
  });
}
