/** What the log says of itself. */
import { defineEvents } from '../../contracts/event-kinds.ts';

export const logEvents = defineEvents({
  'audit.repaired': {
    summary: 'The log was opened after a crash, and what the crash had left incomplete was mended.',
    attributes: {
      file: 'The segment whose incomplete end was cut off.',
      offset: 'Where it was cut, in bytes.',
      bytes: 'How many bytes were cut: none of them had been acknowledged.',
      tiles: 'How many tiles were missing or wrong and were made again.',
    },
  },
  'audit.recovered': {
    summary: 'The log could not be written for a while and can be again.',
    attributes: {
      reason: 'Why it could not.',
      refused: 'How many events were refused meanwhile.',
      since: 'When that began.',
    },
  },
});
