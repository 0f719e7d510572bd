/** What tests of a whole life of an agent ask at its end, and how they wait for things to happen. */
import assert from 'node:assert/strict';
import { waitUntil } from '../../src/base/wait.ts';
import type { AgentResource } from '../../src/contracts/resources.ts';
import type { Swarm } from './swarm-cli.ts';

/** No agent, and of everything on the host only swarmd itself. */
export async function assertNothingLeft(swarm: Swarm): Promise<void> {
  assert.deepEqual(await swarm.json<AgentResource[]>(['agents']), []);
  const swarmd = `process ${swarm.pid()}:`;
  assert.deepEqual(
    swarm.leftovers().filter((line) => !line.startsWith(swarmd)),
    [],
  );
}

/** Polls until the agent looks as wanted; the last look is in the failure's message. */
export async function agentUntil(
  swarm: Swarm,
  name: string,
  wanted: (agent: AgentResource) => boolean,
): Promise<AgentResource> {
  let last: AgentResource | undefined;
  const found = await waitUntil(
    async () => {
      last = await swarm.json<AgentResource>(['status', name]);
      return wanted(last) ? last : undefined;
    },
    { timeoutMs: 180_000, intervalMs: 300 },
  );
  assert.ok(found, JSON.stringify(last, null, 1));
  return found;
}
