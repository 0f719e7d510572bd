import { defineErrors } from '../../base/errors.ts';

export const searchErrors = defineErrors({
  event_query_invalid: {
    status: 400,
    remedy: 'Correct the search term; docs/guides/audit.md lists them all.',
  },
  event_cursor_invalid: {
    status: 400,
    remedy: 'Begin without a cursor, and follow the nextCursor of each answer as it is.',
  },
  event_query_too_slow: {
    status: 422,
    remedy: 'Narrow the query: a shorter time, an agent, a tool, or a longer beginning of a word.',
  },
  event_not_found: {
    status: 404,
    remedy: 'Check the id; events that retention erased are not found any more.',
  },
  run_not_found: {
    status: 404,
    remedy: 'Check the id of the run: 32 hexadecimal digits, as "swarm logs" shows it.',
  },
  audit_index_unavailable: {
    status: 503,
    remedy: 'Try again in a moment; nothing is lost: the index is made from the log.',
  },
});
