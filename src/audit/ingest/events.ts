import { defineEvents } from '../../contracts/event-kinds.ts';

/** Below `program.` a sender may name further kinds of its own. */
export const ingestEvents = defineEvents({
  'program.event': {
    summary: "A program's own event, sent to POST /v1/events without a kind.",
  },
  'otel.span': {
    summary: 'An OpenTelemetry span, sent to POST /v1/traces.',
    attributes: {
      'otel.name': "The span's name.",
      'otel.kind': 'internal, server, client, producer or consumer.',
      'otel.scope': 'Name and version of the instrumentation.',
      'otel.resource': 'What the resource says of the service.',
      'otel.operation':
        'chat, text_completion, generate_content, embeddings, retrieval, create_agent, invoke_agent, invoke_workflow or execute_tool, under whatever name the instrumentation has for it.',
      'otel.same_as':
        'The span that describes the same call and is counted instead of this one: its tokens and cost stand in otel.usage.',
      'otel.usage': 'Tokens and cost that are not counted here, because another span counts them.',
      'otel.events': 'Events of the span.',
      'otel.links': 'Links to other spans.',
      'otel.dropped_attributes': 'How many attributes did not fit.',
    },
  },
});
