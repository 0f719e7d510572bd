/**
 * Under which names instrumentations tell the same thing. First the GenAI semantic conventions
 * (semantic-conventions-genai) with their older names, then OpenInference, OpenLLMetry (Traceloop),
 * LangSmith, the Vercel AI SDK, and Pydantic's. The first name that has a usable value wins.
 */

export const PROVIDER_NAMES = [
  ...['gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'llm.system'],
  ...['llm.vendor', 'ai.model.provider'],
];
/** What instrumentations of frameworks say where the provider of the model is asked for. */
export const FRAMEWORKS = ['langchain', 'langgraph', 'crewai', 'llamaindex', 'llama_index'];
export const PROVIDER_BEHIND_FRAMEWORK = 'traceloop.association.properties.ls_provider';
/** What answered before what was asked for: it is what is paid. */
export const MODEL_NAMES = [
  ...['gen_ai.response.model', 'gen_ai.request.model'],
  ...['llm.response.model_name', 'llm.model_name', 'llm.request.model_name'],
  ...['llm.response.model', 'llm.request.model', 'embedding.model_name', 'reranker.model_name'],
  ...['ai.response.model', 'ai.model.id'],
];
export const TOOL_NAMES = ['gen_ai.tool.name', 'tool.name', 'ai.toolCall.name', 'mcp.tool.name'];

export const TOKEN_NAMES = {
  input: [
    ...['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt'],
    ...['llm.usage.prompt_tokens', 'ai.usage.inputTokens', 'ai.usage.promptTokens'],
  ],
  output: [
    ...['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
    ...['llm.token_count.completion', 'llm.usage.completion_tokens'],
    ...['ai.usage.outputTokens', 'ai.usage.completionTokens'],
  ],
  cacheRead: [
    ...['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens'],
    ...['llm.token_count.prompt_details.cache_read', 'gen_ai.usage.details.cache_read_tokens'],
    'ai.usage.cachedInputTokens',
  ],
  cacheWrite: [
    ...['gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cache_creation_input_tokens'],
    ...['gen_ai.usage.cache_write_input_tokens', 'llm.token_count.prompt_details.cache_write'],
    'gen_ai.usage.details.cache_write_tokens',
  ],
  reasoning: [
    ...['gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.reasoning_tokens'],
    ...['llm.token_count.completion_details.reasoning', 'ai.usage.reasoningTokens'],
    'gen_ai.usage.details.reasoning_tokens',
  ],
} as const;

/** In US dollars, unless gen_ai.usage.cost.currency says otherwise. */
export const COST_NAMES = [
  ...['gen_ai.usage.cost.amount', 'gen_ai.usage.cost', 'llm.cost.total', 'operation.cost'],
];

export const GEN_AI_OPERATIONS = [
  ...(['chat', 'text_completion', 'generate_content', 'embeddings', 'retrieval'] as const),
  ...(['create_agent', 'invoke_agent', 'invoke_workflow', 'execute_tool'] as const),
] as const;
export type GenAiOperation = (typeof GEN_AI_OPERATIONS)[number];

/** Attribute → its value in lower case → what it is called here. */
export const OPERATION_VALUES: readonly (readonly [
  string,
  Readonly<Record<string, GenAiOperation>>,
])[] = [
  [
    'gen_ai.operation.name',
    {
      ...Object.fromEntries(GEN_AI_OPERATIONS.map((name) => [name, name])),
      ...{ completion: 'text_completion', embedding: 'embeddings', tool: 'execute_tool' },
    },
  ],
  [
    'llm.request.type',
    { chat: 'chat', completion: 'text_completion', embedding: 'embeddings', rerank: 'retrieval' },
  ],
  [
    'openinference.span.kind',
    {
      ...{ llm: 'chat', embedding: 'embeddings', tool: 'execute_tool', agent: 'invoke_agent' },
      ...{ retriever: 'retrieval', reranker: 'retrieval' },
    },
  ],
  [
    'traceloop.span.kind',
    { tool: 'execute_tool', agent: 'invoke_agent', workflow: 'invoke_workflow' },
  ],
  [
    'langsmith.span.kind',
    { llm: 'chat', tool: 'execute_tool', embedding: 'embeddings', retriever: 'retrieval' },
  ],
  [
    'ai.operationId',
    {
      ...{ 'ai.generatetext': 'invoke_agent', 'ai.streamtext': 'invoke_agent' },
      ...{ 'ai.generateobject': 'invoke_agent', 'ai.streamobject': 'invoke_agent' },
      ...{ 'ai.generatetext.dogenerate': 'chat', 'ai.streamtext.dostream': 'chat' },
      ...{ 'ai.generateobject.dogenerate': 'chat', 'ai.streamobject.dostream': 'chat' },
      ...{ 'ai.embed.doembed': 'embeddings', 'ai.embedmany.doembed': 'embeddings' },
      ...{ 'ai.toolcall': 'execute_tool' },
    },
  ],
  ['mcp.method.name', { 'tools/call': 'execute_tool' }],
];

/** Whole names, and beginnings of names where a dot ends them: what people wrote and models said. */
export const REQUEST_CONTENT = [
  ...['gen_ai.input.messages', 'gen_ai.system_instructions', 'gen_ai.tool.definitions'],
  ...['gen_ai.prompt', 'gen_ai.prompt.', 'gen_ai.tool.call.arguments', 'gen_ai.request.messages'],
  ...['gen_ai.retrieval.query.text', 'llm.prompts', 'llm.prompts.', 'llm.input_messages.'],
  ...['llm.prompt_template.', 'llm.request.functions.', 'llm.tools.', 'llm.function_call'],
  ...['input.value', 'input.mime_type', 'input.images.', 'input.documents.', 'tool.parameters'],
  ...['embedding.text', 'embedding.embeddings.', 'reranker.query', 'reranker.input_documents.'],
  ...['traceloop.entity.input', 'traceloop.prompt.template_variables', 'mcp.request.argument'],
  ...['ai.prompt', 'ai.prompt.', 'ai.toolCall.args', 'ai.value', 'ai.values', 'tool_arguments'],
  ...[
    'gen_ai.tool.input',
    'gen_ai.task.input',
    'all_messages_events',
    'pydantic_ai.all_messages',
    'crew_inputs',
  ],
];
export const RESPONSE_CONTENT = [
  ...['gen_ai.output.messages', 'gen_ai.completion', 'gen_ai.completion.'],
  ...[
    'gen_ai.tool.call.result',
    'gen_ai.tool.output',
    'gen_ai.task.output',
    'gen_ai.retrieval.documents',
  ],
  ...['llm.completions', 'llm.completions.', 'llm.output_messages.', 'llm.content.completion.'],
  ...['output.value', 'output.mime_type', 'output.images.', 'retrieval.documents.'],
  ...['reranker.output_documents.', 'traceloop.entity.output', 'mcp.response.value'],
  ...['ai.response.text', 'ai.response.object', 'ai.response.toolCalls', 'ai.toolCall.result'],
  ...['ai.embedding', 'ai.embeddings', 'tool_response', 'final_result'],
];
