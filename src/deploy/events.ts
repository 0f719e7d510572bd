/** How deployments go, told by whoever works on them. */
import { defineEvents } from '../contracts/event-kinds.ts';

const deployment = 'its id';
const step = 'resolve, rootfs, revision, machines, healthy, traffic or retire';

export const deployEvents = defineEvents({
  'deployment.begun': {
    summary: 'Work on a deployment began, or was taken up again after a restart of swarmd.',
    attributes: { deployment, move: 'deploy, rollback or restart' },
  },
  'deployment.step_begun': {
    summary: 'A step of a deployment began.',
    attributes: { deployment, step },
  },
  'deployment.step_ended': {
    summary: 'A step of a deployment was done, or failed.',
    attributes: { deployment, step },
  },
  'deployment.step_undone': {
    summary: 'A step of a deployment that failed was taken back.',
    attributes: { deployment, step },
  },
  'deployment.ended': {
    summary: 'A deployment succeeded, failed or was cancelled.',
    attributes: { deployment, state: 'succeeded, failed or cancelled' },
  },
});
