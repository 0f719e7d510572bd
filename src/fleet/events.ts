/** What the fleet does by itself, and what it notices. */
import { defineEvents } from '../contracts/event-kinds.ts';

const reason = 'why, in words';

export const fleetEvents = defineEvents({
  'machine.started': { summary: 'A machine has booted and its process was started.' },
  'machine.adopted': { summary: 'A machine that outlived swarmd was taken up again.' },
  'machine.healthy': { summary: 'A machine passes its health check and gets calls.' },
  'machine.unhealthy': {
    summary: 'A machine fails its health check and gets no more calls.',
    attributes: { reason },
  },
  'machine.failed': {
    summary: 'A machine did not start, or ended although it should run.',
    attributes: { reason, exit: 'exit code, signal and whether the kernel ran out of memory' },
  },
  'machine.stopped': {
    summary: 'A machine ended as wanted: it was stopped, or its process had done its work.',
    attributes: { reason },
  },
  'replica.restart': {
    summary: 'A replica whose machine failed gets a new one.',
    attributes: { failures: 'failures in a row', nextStartAt: 'not before; null: at once' },
  },
  'replica.completed': { summary: 'A replica’s process ended well and is not started again.' },
  'replica.given_up': {
    summary: 'A replica failed too often: it gets no new machine until somebody acts.',
    attributes: { failures: 'failures in a row', reason },
  },
  'agent.removed': { summary: 'The last machine of a deleted agent is gone, and so is the agent.' },
});
