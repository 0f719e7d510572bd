/** What the parts of the deploy benchmark share. */
import { sleep } from '../../src/base/wait.ts';
import type { AgentResource } from '../../src/contracts/resources.ts';
import type { Swarm } from '../../tests/e2e/swarm-cli.ts';
import type { BenchContext } from '../bench.ts';

export const AGENT = 'bench';

export interface Stage {
  readonly context: BenchContext;
  readonly swarm: Swarm;
  /** A folder for sources and manifests; removed at the end. */
  readonly folder: string;
  readonly repeats: number;
}

/** The whole command, from its start to its end: what a user waits for. */
export async function timeDeploy(stage: Stage, agentFile: string): Promise<number> {
  stage.context.signal.throwIfAborted();
  const startedAt = performance.now();
  await stage.swarm.ok(['deploy', '--agent', agentFile], { timeoutMs: 900_000 });
  return performance.now() - startedAt;
}

export function status(swarm: Swarm, name: string): Promise<AgentResource> {
  return swarm.json<AgentResource>(['status', name]);
}

export async function deleteAgent(swarm: Swarm, name: string): Promise<void> {
  await swarm.ok(['delete', name, '-y'], { timeoutMs: 120_000 });
}

/** swarmd's address and token, for requests that must not pay for the start of a CLI. */
export async function apiOf(swarm: Swarm): Promise<{ url: string; token: string }> {
  const { findConnection } = await import('../../src/contracts/client.ts');
  return findConnection({ home: swarm.home, env: {} });
}

/** Polls the agent by the API. @returns when it is as wanted. */
export async function untilAgent(
  swarm: Swarm,
  by: { name: string; timeoutMs: number; wanted: (agent: AgentResource) => boolean },
): Promise<AgentResource> {
  const { createClient } = await import('../../src/contracts/client.ts');
  const client = createClient(await apiOf(swarm));
  const deadline = performance.now() + by.timeoutMs;
  for (;;) {
    const agent = await client.agent(by.name);
    if (by.wanted(agent)) return agent;
    if (performance.now() > deadline)
      throw new Error(`"${by.name}" is ${agent.state}, ${agent.replicas.healthy} healthy`);
    await sleep(20);
  }
}

export function machineIdOf(agent: AgentResource, replica = 0): string {
  const id = agent.replicas.items[replica]?.machine?.id;
  if (id === undefined) throw new Error(`replica ${replica} of "${agent.name}" has no machine`);
  return id;
}
