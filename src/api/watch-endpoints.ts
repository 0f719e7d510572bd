import { watchEvent, watchQuery } from '../contracts/requests.ts';
import type { FleetEvent } from '../fleet/fleet.ts';
import { endpoint, type StreamItem } from './endpoint.ts';

const watch = endpoint({
  method: 'GET',
  path: '/v1/watch',
  permission: 'read',
  summary:
    'The state of all agents, then every change. A slow reader misses states between, never the last.',
  query: watchQuery,
  responses: {
    200: {
      description: 'Stays open.',
      schema: watchEvent,
      mediaType: 'text/event-stream',
    },
  },
  errors: [],
  handle: async ({ actor, query, signal }, { fleet }) => ({
    events: unnumbered(
      fleet.watch(actor, { signal, ...(query.agent !== undefined && { agent: query.agent }) }),
    ),
  }),
});

/** Without ids: each connection begins with the whole state, so there is nothing to resume. */
async function* unnumbered(source: AsyncIterable<FleetEvent>): AsyncGenerator<StreamItem> {
  for await (const data of source) yield { data };
}

export const watchEndpoints = [watch];
