import { defineEvents } from '../../contracts/event-kinds.ts';

export const trailEvents = defineEvents({
  'audit.notes_lost': {
    summary:
      'Facts told by background work while the log could not be written, more than were kept: the oldest were dropped.',
    attributes: { count: 'how many were dropped' },
  },
});
