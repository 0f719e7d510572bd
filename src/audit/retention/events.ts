import { defineEvents } from '../../contracts/event-kinds.ts';

const change = {
  before: 'The setting or hold as it was; null: there was none.',
  after: 'As it is now; null: there is none.',
};

export const retentionEvents = defineEvents({
  'audit.retention_set': {
    summary: 'How long payloads and events are kept was set, changed or unset.',
    attributes: change,
  },
  'audit.hold_placed': {
    summary: 'A hold was placed: what it names is not erased until it is released.',
    attributes: change,
  },
  'audit.hold_released': {
    summary: 'A hold was released.',
    attributes: change,
  },
  'audit.erased': {
    summary: 'Payloads or whole events that retention no longer keeps are overwritten.',
    attributes: {
      what: 'payloads, or events with their payloads.',
      ranges: 'Sequence numbers, both ends included: [[first, last], …].',
      entries: 'How many entries the ranges name.',
      setting: 'Which setting demanded it: its agent (null: the workspace) and its days.',
      before: 'What it took was begun before this time.',
    },
  },
});
