import { defineEvents } from '../contracts/event-kinds.ts';

const CALL_ATTRIBUTES = {
  method: 'The HTTP method.',
  path: 'As the agent sees it, without the query string, at most 2,000 characters.',
  statusCode: 'Of the answer that the caller got; absent: it left before there was one.',
  firstByteNs: 'From the call’s arrival to the first byte of the agent’s answer, in nanoseconds.',
  attempts:
    'Machines that it was sent to, one after the other; those before the last took no connection.',
};

export const gatewayEvents = defineEvents({
  'gateway.call': {
    summary:
      'A call to an agent, and how it was answered. refused: no agent saw it; error: the answer was 400 or above, or broke off.',
    attributes: CALL_ATTRIBUTES,
  },
  'gateway.upgrade': {
    summary:
      'A connection to an agent that left HTTP, such as a WebSocket, from its begin to its end.',
    attributes: CALL_ATTRIBUTES,
  },
  'gateway.calls_refused': {
    summary:
      'More calls without a valid credential from one address than are recorded one by one, counted.',
    attributes: { count: 'Calls of this second that have no event of their own.' },
  },
});
