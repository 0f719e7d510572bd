import { defineErrors } from '../base/errors.ts';

export const deployErrors = defineErrors({
  deployment_in_progress: {
    status: 409,
    remedy: 'Wait until it has finished, or cancel it.',
  },
  deployment_not_found: { status: 404, remedy: 'List the deployments of the agent.' },
  deployment_finished: { status: 409, remedy: 'Nothing to do; use rollback to go back.' },
  deployment_past_cancel: {
    status: 409,
    remedy: 'The new revision gets the calls already; use rollback to go back.',
  },
  deployment_cancelled: { status: 409, remedy: 'Deploy again when you want it after all.' },
  deployment_interrupted: { status: 503, remedy: 'Deploy again.' },
  deployment_failed: { status: 500, remedy: 'The log of swarmd has the details.' },
  deploy_timeout: {
    status: 504,
    remedy: 'Raise spec.deploy.timeout in agent.yaml if the agent needs longer to start.',
  },
  secrets_missing: {
    status: 409,
    remedy: 'Set them: swarm secrets set NAME. Nothing was deployed.',
  },
  revision_not_found: { status: 404, remedy: 'List the revisions of the agent.' },
  revision_active: { status: 409, remedy: 'Nothing to do; use restart for new machines.' },
  no_earlier_revision: { status: 409, remedy: 'Name one: swarm rollback NAME --to N.' },
  agent_never_deployed: { status: 409, remedy: 'Deploy the agent first.' },
});
