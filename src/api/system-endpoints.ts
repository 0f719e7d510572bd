import { systemStopBody, systemStopping } from '../contracts/requests.ts';
import { systemResource } from '../contracts/resources.ts';
import { endpoint } from './endpoint.ts';
import { apiEvents } from './events.ts';

const show = endpoint({
  method: 'GET',
  path: '/v1/system',
  permission: 'read',
  summary: 'What swarmd is, and what it runs machines with.',
  responses: { 200: { description: 'This swarmd.', schema: systemResource } },
  errors: [],
  handle: async (_call, { system }) => ({ status: 200, body: system.describe() }),
});

const stop = endpoint({
  method: 'POST',
  path: '/v1/system/stop',
  permission: 'admin',
  audit: {
    kind: apiEvents['system.stop'],
    record: 'action',
    facts: ({ body }) => (body === undefined ? {} : { after: { machinesStop: body.machines } }),
  },
  summary: 'Stops swarmd. Machines go on running unless they are to stop as well.',
  body: systemStopBody,
  responses: { 202: { description: 'It has begun to stop.', schema: systemStopping } },
  errors: [],
  handle: async ({ body }, { system }) => {
    system.stop(body);
    return { status: 202, body: { pid: process.pid, machines: body.machines } };
  },
});

export const systemEndpoints = [show, stop];
