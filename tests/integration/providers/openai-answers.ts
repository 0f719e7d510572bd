/** Answers in the formats of OpenAI's API reference: chat, completions, responses, embeddings. */
import {
  dataEvent,
  namedEvent,
  type ProviderAnswer,
  type ProviderBehaviour,
  type RequestBody,
} from './provider-behaviour.ts';

const CREATED = 1_790_000_000;

const ERROR_EVENT = dataEvent({
  error: { message: 'The server had an error.', type: 'server_error' },
});

export function openAiError(status: number, message: string): ProviderAnswer {
  const type = status === 401 ? 'invalid_request_error' : 'server_error';
  const code = status === 401 ? 'invalid_api_key' : null;
  return { status, json: { error: { message, type, param: null, code } } };
}

function chatUsage({ tokens, failure }: ProviderBehaviour): unknown {
  if (failure === 'no_usage') return undefined;
  const prompt = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const completion = tokens.output + tokens.reasoning;
  return {
    ...{ prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    prompt_tokens_details: {
      ...{
        cached_tokens: tokens.cacheRead,
        cache_write_tokens: tokens.cacheWrite,
        audio_tokens: 0,
      },
    },
    completion_tokens_details: { reasoning_tokens: tokens.reasoning, audio_tokens: 0 },
  };
}

/** Usage comes in an event of its own, and null in all others, when `stream_options` asks for it. */
export function chatAnswer(body: RequestBody, behaviour: ProviderBehaviour): ProviderAnswer {
  const { words, failure } = behaviour;
  const usage = chatUsage(behaviour);
  const model = behaviour.model ?? body.model;
  const base = { id: 'chatcmpl-1', created: CREATED, model, system_fingerprint: 'fp_1' };
  if (body.stream !== true) {
    const message = { role: 'assistant', content: words.join(''), refusal: null };
    const choice = { index: 0, message, logprobs: null, finish_reason: 'stop' };
    return { status: 200, json: { ...base, object: 'chat.completion', choices: [choice], usage } };
  }
  const asked = asksForUsage(body);
  const event = (delta: unknown, finish: string | null) =>
    dataEvent({
      ...{ ...base, object: 'chat.completion.chunk' },
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(asked && { usage: null }),
    });
  const total = dataEvent({ ...base, object: 'chat.completion.chunk', choices: [], usage });
  const events = [
    event({ role: 'assistant', content: '' }, null),
    ...words.map((content) => event({ content }, null)),
    ...(failure === 'mid_stream' ? [ERROR_EVENT] : [event({}, 'stop')]),
    ...(asked && failure === undefined ? [total] : []),
    'data: [DONE]\n\n',
  ];
  return { status: 200, events };
}

export function completionsAnswer(body: RequestBody, behaviour: ProviderBehaviour): ProviderAnswer {
  const base = {
    ...{ id: 'cmpl-1', object: 'text_completion', created: CREATED },
    model: behaviour.model ?? body.model,
  };
  const choice = (text: string, finish: string | null) => ({
    ...{ text, index: 0, logprobs: null, finish_reason: finish },
  });
  const usage = chatUsage(behaviour);
  if (body.stream !== true)
    return {
      status: 200,
      json: { ...base, choices: [choice(behaviour.words.join(''), 'stop')], usage },
    };
  const asked = asksForUsage(body);
  const events = behaviour.words.map((word, i) =>
    dataEvent({
      ...base,
      choices: [choice(word, i === behaviour.words.length - 1 ? 'stop' : null)],
      ...(asked && { usage: null }),
    }),
  );
  const total = asked ? [dataEvent({ ...base, choices: [], usage })] : [];
  return { status: 200, events: [...events, ...total, 'data: [DONE]\n\n'] };
}

function asksForUsage(body: RequestBody): boolean {
  return (body.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true;
}

export function responsesAnswer(body: RequestBody, behaviour: ProviderBehaviour): ProviderAnswer {
  const { words } = behaviour;
  const text = words.join('');
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const item = {
    type: 'message',
    id: 'msg_1',
    status: 'completed',
    role: 'assistant',
    content: [part],
  };
  const whole = responseOf(body, { behaviour, status: 'completed', output: [item] });
  if (body.stream !== true) return { status: 200, json: whole };
  const begun = { ...whole, status: 'in_progress', output: [], usage: null };
  const failed = { ...whole, status: 'failed', output: [], usage: null };
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const list: readonly { readonly type: string; readonly [name: string]: unknown }[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    ...words.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index: 0, item },
    behaviour.failure === 'mid_stream'
      ? { type: 'response.failed', response: failed }
      : { type: 'response.completed', response: whole },
  ];
  return {
    status: 200,
    events: list.map((event, i) => namedEvent({ ...event, sequence_number: i })),
  };
}

function responseOf(
  body: RequestBody,
  how: { readonly behaviour: ProviderBehaviour; readonly status: string; readonly output: unknown },
) {
  const { behaviour, status, output } = how;
  const { tokens } = behaviour;
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const written = tokens.output + tokens.reasoning;
  const usage = {
    ...{ input_tokens: input, output_tokens: written, total_tokens: input + written },
    input_tokens_details: {
      cached_tokens: tokens.cacheRead,
      cache_write_tokens: tokens.cacheWrite,
    },
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
  };
  return {
    ...{ id: 'resp_1', object: 'response', created_at: CREATED, status, error: null },
    ...{
      incomplete_details: null,
      instructions: null,
      model: behaviour.model ?? body.model,
      output,
    },
    ...{ parallel_tool_calls: true, temperature: 1, tool_choice: 'auto', tools: [], top_p: 1 },
    ...{ usage: behaviour.failure === 'no_usage' ? null : usage, metadata: {} },
  };
}

export function embeddingsAnswer(body: RequestBody, behaviour: ProviderBehaviour): ProviderAnswer {
  const inputs = Array.isArray(body.input) ? body.input : [body.input];
  const { tokens, failure } = behaviour;
  const vector = [0.5, -0.25, 0.125];
  const bytes = Buffer.from(Float32Array.from(vector).buffer).toString('base64');
  const embedding = body.encoding_format === 'base64' ? bytes : vector;
  const usage = { prompt_tokens: tokens.input, total_tokens: tokens.input };
  const json = {
    object: 'list',
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding })),
    model: behaviour.model ?? body.model,
    ...(failure !== 'no_usage' && { usage }),
  };
  return { status: 200, json };
}
