import { defineErrors } from '../base/errors.ts';

export const fleetErrors = defineErrors({
  agent_not_found: { status: 404, remedy: 'List the agents that there are: swarm agents.' },
  agent_deleting: { status: 409, remedy: 'Wait until it is gone, or choose another name.' },
  replica_not_found: { status: 404, remedy: 'Replicas count from 0; see swarm status NAME.' },
  no_machine: { status: 409, remedy: 'See swarm status NAME for why no machine runs.' },
  health_command_missing: {
    status: 422,
    remedy: 'Add health.command, or choose another health.type: http, tcp or none.',
  },
  image_without_command: {
    status: 422,
    remedy: 'Set spec.command (or spec.entrypoint) in agent.yaml, or CMD in the Dockerfile.',
  },
  port_ambiguous: { status: 422, remedy: 'Say which one it is: set spec.port in agent.yaml.' },
  port_invalid: { status: 422, remedy: 'Set spec.port in agent.yaml to a number from 1 to 65535.' },
  image_missing: { status: 409, remedy: 'Deploy the agent again: the image is then made anew.' },
  agent_exits: {
    status: 422,
    remedy:
      'The last lines of its log say why. Correct the agent or its command, and deploy again.',
  },
  nobody_listens: {
    status: 422,
    remedy: 'Set spec.port to the port it listens on, and let it listen on 0.0.0.0.',
  },
  health_check_failed: {
    status: 422,
    remedy: 'Correct spec.health, or give the agent more time with health.grace_period.',
  },
  machine_lost: { status: 500, remedy: 'Nothing to do: another machine takes its place.' },
  machine_failed: { status: 500, remedy: 'The log of swarmd has the details.' },
  rollout_superseded: {
    status: 409,
    remedy: 'Look at the agent again: something newer replaced it.',
  },
});
