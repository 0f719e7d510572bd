import { defineEvents } from '../contracts/event-kinds.ts';

export const mainEvents = defineEvents({
  'swarmd.started': {
    summary: 'swarmd listens.',
    attributes: { version: 'its version', pid: 'its process', url: 'where it listens' },
  },
  'swarmd.stopped': {
    summary: 'swarmd has ended in order, but for the audit log itself.',
    attributes: { machines: 'true: it stopped all machines as well' },
  },
  'swarmd.part_failed': {
    summary: 'A part of swarmd could not start; it is tried again.',
    attributes: { part: 'machines, fleet, …' },
  },
  'images.collected': {
    summary: 'Images and logs that nothing needs any more were removed.',
    attributes: { images: 'digests', logs: 'how many machines’ logs', freedBytes: 'by images' },
  },
});
