/**
 * Deploys, calls, kills a machine, calls again, scales to 3, rolls back and deletes, over and over,
 * on real machines; after each round looks for anything left over on the host.
 *
 *   npm run soak -- --rounds 50
 */
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { AgentResource } from '../src/contracts/resources.ts';
import { makeEchoAgent, writeManifest } from '../tests/e2e/echo-agent.ts';
import { processesOf, type Swarm, startSwarm } from '../tests/e2e/swarm-cli.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000)
  throw new Error(`--rounds ${values.rounds}: give a whole number from 1 to 1000`);

const WAIT_MS = 180_000;

async function until(
  swarm: Swarm,
  what: string,
  wanted: (agent: AgentResource) => boolean,
): Promise<AgentResource> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const agent = await swarm.json<AgentResource>(['status', 'echo']);
    if (wanted(agent)) return agent;
    if (Date.now() > deadline) throw new Error(`${what} did not come: ${JSON.stringify(agent)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function call(swarm: Swarm, version: string): Promise<void> {
  const { stdout } = await swarm.ok(['invoke', 'echo', '--json', '{}']);
  const answer = JSON.parse(stdout) as { version: string };
  if (answer.version !== version)
    throw new Error(`version ${answer.version} answered, not ${version}`);
}

async function round(swarm: Swarm, folder: string): Promise<void> {
  await swarm.ok(['deploy', '--agent', await writeManifest(folder, { name: 'echo' })]);
  await call(swarm, '1');
  const machineId =
    (await swarm.json<AgentResource>(['status', 'echo'])).replicas.items[0]?.machine?.id ?? '?';
  const victim = processesOf(swarm.home).find(({ command }) => command.includes(machineId));
  if (victim === undefined) throw new Error(`no process of ${machineId}`);
  process.kill(victim.pid, 'SIGKILL');
  await until(
    swarm,
    'the replacement',
    ({ replicas }) => replicas.healthy === 1 && replicas.items[0]?.machine?.id !== machineId,
  );
  await call(swarm, '1');
  await swarm.ok(['scale', 'echo', '--replicas', '3']);
  await until(swarm, 'the third replica', ({ replicas }) => replicas.healthy === 3);
  await call(swarm, '1');
  await swarm.ok(['scale', 'echo', '--replicas', '1']);
  await swarm.ok([
    'deploy',
    '--agent',
    await writeManifest(folder, { name: 'echo', spec: { env: { VERSION: 2 } } }),
  ]);
  await call(swarm, '2');
  await swarm.ok(['rollback', 'echo']);
  await call(swarm, '1');
  await swarm.ok(['delete', 'echo', '-y']);
}

/** What is left although the agent is deleted: swarmd itself is not counted. */
function leftAfterDelete(swarm: Swarm): string[] {
  const swarmd = String(swarm.pid());
  return swarm.leftovers().filter((line) => !line.startsWith(`process ${swarmd}:`));
}

const folder = await makeEchoAgent();
const swarm = await startSwarm();
let failures = 0;
try {
  for (let number = 1; number <= rounds; number++) {
    const startedAt = performance.now();
    try {
      await round(swarm, folder);
    } catch (error) {
      failures++;
      console.log(`round ${number}: ${error instanceof Error ? error.message : error}`);
      await swarm.cli(['delete', 'echo', '-y']);
    }
    const left = leftAfterDelete(swarm);
    if (left.length > 0) {
      failures++;
      console.log(`round ${number} left over:\n  ${left.join('\n  ')}`);
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      JSON.stringify({ round: number, seconds: Number(seconds), failures, left: left.length }),
    );
  }
} finally {
  await swarm.cli(['down', '--machines']);
  const left = swarm.leftovers();
  if (left.length > 0) {
    failures++;
    console.log(`left over at the end:\n  ${left.join('\n  ')}`);
  }
  await swarm.remove();
  await rm(folder, { recursive: true, force: true });
}
console.log(`${rounds - failures} passed, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
