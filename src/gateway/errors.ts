import { defineErrors, SwarmError } from '../base/errors.ts';

export const gatewayErrors = defineErrors({
  invalid_call: {
    status: 400,
    remedy: 'Send a well-formed HTTP/1.1 request: see the message for the part that is not.',
  },
  agent_closed_connection: {
    status: 502,
    remedy:
      'See "swarm logs NAME --stdout" for a crash at that time. The agent may have acted on the call: call again only if that is harmless.',
  },
  agent_bad_response: {
    status: 502,
    remedy: 'Mend the agent: what it answered is not valid HTTP/1.1, or its headers are too large.',
  },
  agent_unavailable: {
    status: 503,
    remedy: '"swarm status" shows why. No replica saw the call: calling again later is safe.',
  },
  queue_full: {
    status: 503,
    remedy:
      'Call again later, or raise replicas, concurrency.hard_limit or concurrency.queue in agent.yaml.',
  },
  queue_timeout: {
    status: 504,
    remedy:
      'No replica saw the call: calling again is safe. Raise replicas, concurrency.hard_limit or concurrency.queue_timeout in agent.yaml.',
  },
  agent_timeout: {
    status: 504,
    remedy: 'The agent may still be at work on the call. Stream the answer, or answer sooner.',
  },
});

/**
 * The code belongs to fleet, which the gateway does not see; a code is declared only once.
 */
export function agentNotFound(agentName: string, nearest: string | undefined): SwarmError {
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return new SwarmError(
    'agent_not_found',
    { status: 404, remedy: `"swarm agents" lists the agents there are.${hint}` },
    `There is no agent named "${agentName}".`,
  );
}
