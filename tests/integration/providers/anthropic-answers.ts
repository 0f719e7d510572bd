/** Answers in the formats of Anthropic's API reference: messages, and counting their tokens. */
import {
  namedEvent,
  type ProviderAnswer,
  type ProviderBehaviour,
  type RequestBody,
} from './provider-behaviour.ts';

export function anthropicError(status: number, message: string): ProviderAnswer {
  const type = status === 401 ? 'authentication_error' : 'overloaded_error';
  return { status, json: { type: 'error', error: { type, message }, request_id: 'req_1' } };
}

/** Input in message_start, with a first guess of the output; all of it, so far, in message_delta. */
export function messagesAnswer(body: RequestBody, behaviour: ProviderBehaviour): ProviderAnswer {
  const { words, failure } = behaviour;
  const usage = usageOf(behaviour);
  const message = {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: behaviour.model ?? body.model },
    content: [{ type: 'text', text: words.join('') }],
    ...{ stop_reason: 'end_turn', stop_sequence: null },
    ...(failure !== 'no_usage' && { usage }),
  };
  if (body.stream !== true) return { status: 200, json: message };
  const begun = { ...message, content: [], stop_reason: null };
  const end = { stop_reason: 'end_turn', stop_sequence: null };
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  const list = [
    {
      type: 'message_start',
      message: { ...begun, usage: { ...usage, output_tokens: 1, output_tokens_details: null } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...words.map((text) => ({
      ...{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    })),
    { type: 'content_block_stop', index: 0 },
    ...(failure === 'mid_stream'
      ? [error]
      : [
          { type: 'message_delta', delta: end, ...(failure !== 'no_usage' && { usage }) },
          { type: 'message_stop' },
        ]),
  ];
  return { status: 200, events: list.map(namedEvent) };
}

function usageOf({ tokens }: ProviderBehaviour) {
  return {
    input_tokens: tokens.input,
    cache_creation_input_tokens: tokens.cacheWrite,
    cache_read_input_tokens: tokens.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: tokens.cacheWrite - tokens.cacheWriteLong,
      ephemeral_1h_input_tokens: tokens.cacheWriteLong,
    },
    output_tokens: tokens.output + tokens.reasoning,
    output_tokens_details: { thinking_tokens: tokens.reasoning },
    server_tool_use: null,
  };
}

export function countTokensAnswer(
  _body: RequestBody,
  behaviour: ProviderBehaviour,
): ProviderAnswer {
  return { status: 200, json: { input_tokens: behaviour.tokens.input } };
}
