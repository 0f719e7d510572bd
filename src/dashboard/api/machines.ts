import { queryOptions } from '@tanstack/react-query';
import type { MachineResource } from '../../contracts/resources.ts';
import { agentPath } from './agents.ts';
import { queryString, request, send } from './request.ts';

const POLL_MS = 5_000;
/** A share of CPU needs two answers. */
const SECOND_MS = 1_200;

/** With what they use; asked for again every 5 s while the page is looked at. */
export const machinesQuery = (agent: string) =>
  queryOptions({
    queryKey: ['machines', agent],
    queryFn: async ({ signal }) => {
      const path = `${agentPath(agent)}/machines`;
      const { items } = await request<{ items: MachineResource[] }>(path, { signal });
      return { items, askedAtMs: Date.now() };
    },
    refetchInterval: ({ state }) => (state.dataUpdateCount < 2 ? SECOND_MS : POLL_MS),
    refetchIntervalInBackground: false,
  });

/** The end of what a machine’s kernel and guestd said, at most 256 KiB. */
export const consoleQuery = (agent: string, replica: number) =>
  queryOptions({
    queryKey: ['console', agent, replica],
    queryFn: async ({ signal }) => {
      const path = `${agentPath(agent)}/console${queryString({ replica })}`;
      return (await send(path, { signal })).text();
    },
    staleTime: 0,
  });
