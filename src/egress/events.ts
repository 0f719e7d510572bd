import { defineEvents } from '../contracts/event-kinds.ts';

const TARGET = {
  scheme: 'https, http, or tcp for what is neither TLS nor HTTP.',
  host: 'The name that was called.',
  port: 'The port that was called.',
  rule: 'The rule of the egress policy that let it through, as text.',
  certain: 'Whether the run is the one that caused it, or only one that was in flight.',
  wouldRefuse: 'Mode audit: the code that it would have been refused with.',
};

export const egressEvents = defineEvents({
  'egress.call': {
    summary:
      'A call from a machine to the outside. refused: no byte of it left; error: the answer was 400 or above, or broke off.',
    attributes: {
      ...TARGET,
      method: 'The HTTP method.',
      path: 'Without the query string, at most 2,000 characters.',
      statusCode: 'Of the answer that the machine got; absent: it left before there was one.',
      firstByteNs: 'From the call’s arrival to the first byte of the answer, in nanoseconds.',
      secrets: 'Secrets that it carried, as NAME@VERSION.',
      placeholdersKept:
        'Placeholders that went out as text, as NAME and where they stood: body, path, or a header.',
      scrubbed: 'How often a secret’s value was taken out of the answer.',
      unpriced: 'Used a model that has no price.',
      usageMissing: 'The answer should have told what was used, and did not.',
      unmetered: 'The request was too long to be read for metering.',
      mcp: 'Model Context Protocol: methods, request ids, session, tools and whether they failed.',
    },
  },
  'egress.connection': {
    summary:
      'A connection from a machine that passed unseen or left HTTP, such as a WebSocket, from its begin to its end.',
    attributes: {
      ...TARGET,
      method: 'Of a WebSocket’s handshake.',
      path: 'Of a WebSocket’s handshake, without the query string.',
      statusCode: 'Of the answer to the handshake.',
      secrets: 'Secrets that the handshake carried, as NAME@VERSION.',
      usageMissing: 'It led to a provider of models, and what was used over it is not known.',
      scrubbed: 'How often a secret’s value was taken out of what came back.',
    },
  },
  'egress.calls_refused': {
    summary: 'More refused calls of one machine than are recorded one by one, counted.',
    attributes: { count: 'Calls of this second that have no event of their own.' },
  },
});
