import { SwarmError } from '../base/errors.ts';
import type { Actor } from '../contracts/actor.ts';
import type { AgentWait, AgentWaitState } from '../contracts/requests.ts';
import type { Fleet } from '../fleet/fleet.ts';

/** Watches the agent until it is in the state, it is gone, or the time has run out. */
export async function waitForAgent(
  fleet: Fleet,
  query: {
    actor: Actor;
    name: string;
    state: AgentWaitState;
    timeoutMs: number;
    signal: AbortSignal;
  },
): Promise<AgentWait> {
  const { actor, name, state } = query;
  let agent: AgentWait['agent'];
  try {
    agent = await fleet.agent(actor, name);
  } catch (error) {
    const gone = error instanceof SwarmError && error.code === 'agent_not_found';
    if (gone && state === 'deleted') return { reached: true, agent: null };
    throw error;
  }
  if (agent.state === state) return { reached: true, agent };
  const limit = AbortSignal.timeout(query.timeoutMs);
  const signal = AbortSignal.any([limit, query.signal]);
  try {
    for await (const event of fleet.watch(actor, { agent: name, signal })) {
      if (event.type === 'agent_deleted') return { reached: state === 'deleted', agent: null };
      agent = event.agent;
      if (agent.state === state) return { reached: true, agent };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { reached: false, agent };
}
