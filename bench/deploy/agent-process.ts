import type { GuestProcessSpec } from '../../src/contracts/guest.ts';
import type { Swarm } from '../../tests/e2e/swarm-cli.ts';

/**
 * Prints the agent's process, which is guestd's first child, in NUL-free parts: argv, environment,
 * working directory, user and group. Runs with what every Debian image has.
 */
const SCRIPT = `
for d in $(ls -d /proc/[0-9]* | sort -t/ -k3 -n); do
  [ "$(sed -n 's/^PPid:[^0-9]*//p' $d/status 2>/dev/null)" = "$1" ] || continue
  [ -n "$(tr -d '\\0' < $d/cmdline)" ] || continue
  tr '\\0' '\\n' < $d/cmdline; echo ---; tr '\\0' '\\n' < $d/environ; echo ---
  readlink $d/cwd; echo ---
  sed -n 's/^Uid:[^0-9]*\\([0-9]*\\).*/\\1/p; s/^Gid:[^0-9]*\\([0-9]*\\).*/\\1/p' $d/status
  exit 0
done
exit 1`;

/** How guestd was told to start the agent, seen from inside the machine. */
export async function readAgentProcess(swarm: Swarm, agentName: string): Promise<GuestProcessSpec> {
  for (const parent of ['1', '0']) {
    const result = await swarm.cli(['exec', agentName, '--', 'sh', '-c', SCRIPT, 'sh', parent]);
    if (result.exitCode !== 0) continue;
    const parts = result.stdout.replaceAll('\r', '').split(/^---$/m);
    const [argv = [], env = [], [cwd = '/'] = [], [uid = '0', gid = '0'] = []] = parts.map((part) =>
      part.split('\n').filter((line) => line !== ''),
    );
    if (argv.length === 0) continue;
    return {
      argv,
      env: Object.fromEntries(env.map((line) => splitOnce(line))),
      cwd,
      user: `${uid}:${gid}`,
    };
  }
  throw new Error(`the process of "${agentName}" was not found in its machine`);
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
