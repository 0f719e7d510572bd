import { agentParams } from './agent-endpoints.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { apiEvents } from './events.ts';

const exec = endpoint({
  method: 'GET',
  path: '/v1/agents/{name}/exec',
  permission: 'deploy',
  audit: {
    kind: apiEvents['exec.run'],
    record: 'action',
    facts: ({ params: { name } }) => ({ agent: name.slice(0, 100) }),
  },
  summary:
    'A WebSocket that runs a command in a machine: the first message says what (text), then one frame a message (binary: type, payload).',
  params: agentParams,
  webSocket: true,
  responses: { 101: { description: 'Frames as in EXEC_FRAME of src/contracts/guest.ts.' } },
  errors: ['upgrade_required', 'agent_not_found', 'replica_not_found', 'no_machine'],
  handle: async () => {
    throw apiErrors.upgrade_required('This endpoint speaks WebSocket only.');
  },
});

export const execEndpoints = [exec];
