import { defineEvents } from '../contracts/event-kinds.ts';

export const accessEvents = defineEvents({
  'session.expired': {
    summary:
      'A session of the dashboard ended that nobody signed out of or revoked. It is told when that is noticed.',
    attributes: {
      reason:
        'idle: nobody used it for 12 hours; too_old: it was 7 days old; token_expired, token_ended: with the token that it was made with; too_many: for a new one of the same token, of which there are 100 at most',
      endedAt: 'when it ended; with its token: when that was noticed',
      before: 'how it stood before',
      after: 'null',
    },
  },
});
