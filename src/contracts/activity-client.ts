/** The part of the client that asks how agents are doing: see client.ts. */
import type { Connection } from './connection.ts';
import type { LiveMessage, LiveQuery, Overview } from './overview.ts';
import { followEvents } from './streams.ts';

interface Calls {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  query(values: Record<string, string | number | boolean | undefined>): string;
}

export function activityClient(connection: Connection, { get, query }: Calls) {
  return {
    overview: (signal?: AbortSignal) => get<Overview>('/v1/overview', signal),
    /**
     * States of all agents and figures, then every change, and events from now on or behind
     * `lastEventId`. Reconnects and resumes by itself; states and figures begin anew then.
     */
    live: (what: LiveQuery = {}, options: { lastEventId?: string; signal?: AbortSignal } = {}) =>
      followEvents<LiveMessage>(connection, {
        path: `/v1/live${query({ ...what })}`,
        isLast: () => false,
        ...options,
      }),
  };
}
