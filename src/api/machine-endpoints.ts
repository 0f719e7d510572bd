import { z } from 'zod';
import { emptyBody, logsQuery, replicaQuery } from '../contracts/requests.ts';
import { logRecordResource } from '../contracts/resources.ts';
import { parseDuration } from '../contracts/units.ts';
import { agentParams } from './agent-endpoints.ts';
import { agentLogs, LOG_PERMISSION } from './agent-logs.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { apiEvents } from './events.ts';

const CONSOLE_BYTES = 256 * 1024;

const logs = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/logs',
  permission: LOG_PERMISSION,
  summary: 'Output of the agent’s process, all replicas as one, oldest first.',
  params: agentParams,
  query: logsQuery,
  responses: {
    200: {
      description:
        'A record a line; with follow it stays open, with an empty line now and then. Server-sent events when only those are accepted.',
      schema: logRecordResource,
      mediaType: 'application/x-ndjson',
    },
  },
  errors: ['agent_not_found'],
  handle: async ({ actor, params: { name }, query, signal }, parts) => {
    // Refused here, while the answer can still be an error.
    await parts.fleet.agent(actor, name);
    const { follow = false, since, ...filters } = query;
    const sinceMs = since === undefined ? undefined : sinceTime(since, parts.clock.nowMs());
    const defined = Object.fromEntries(
      Object.entries(filters).filter(([, value]) => value !== undefined),
    );
    return {
      lines: agentLogs(parts, {
        ...defined,
        actor,
        agent: name,
        follow,
        ...(sinceMs !== undefined && { sinceMs }),
        signal,
      }),
    };
  },
});

function sinceTime(since: string, nowMs: number): number {
  const durationMs = parseDuration(since);
  return durationMs === undefined ? Date.parse(since) : nowMs - durationMs;
}

const console = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/console',
  permission: 'read',
  summary: 'The end of the console of one machine: what its kernel and guestd said.',
  params: agentParams,
  query: replicaQuery,
  responses: {
    200: { description: 'At most 256 KiB.', schema: z.string(), mediaType: 'text/plain' },
  },
  errors: ['agent_not_found', 'replica_not_found', 'no_machine'],
  handle: async ({ actor, params: { name }, query }, { fleet, machines }) => {
    const { machineId } = await fleet.pickMachine(actor, {
      agent: name,
      ...(query.replica !== undefined && { replica: query.replica }),
    });
    return { text: await machines.console(machineId, { maxBytes: CONSOLE_BYTES }) };
  },
});

const kill = endpoint({
  method: 'POST',
  path: '/v1/machines/{id}/kill',
  permission: 'admin',
  audit: {
    kind: apiEvents['machine.kill'],
    record: 'action',
    facts: ({ params }) => ({ machine: params.id }),
  },
  summary:
    'Kills the machine’s process on the host, for tests and operators: the fleet replaces it.',
  params: z.strictObject({ id: z.string().min(1).max(100) }),
  body: emptyBody.optional(),
  responses: { 200: { description: 'It is gone.', schema: z.object({ id: z.string() }) } },
  errors: ['machine_unknown'],
  handle: async ({ actor, params: { id }, audit }, { fleet, machines }) => {
    for (const agent of await fleet.agents(actor)) {
      const found = (await fleet.machines(actor, agent.name)).find((machine) => machine.id === id);
      if (found === undefined) continue;
      const { revision, replica, state } = found;
      audit({ agent: agent.name, revision, replica, before: { state } });
      await machines.kill(id);
      fleet.nudge(agent.name);
      return { status: 200, body: { id } };
    }
    throw apiErrors.machine_unknown(`There is no machine ${JSON.stringify(id)}.`);
  },
});

export const machineEndpoints = [logs, console, kill];
