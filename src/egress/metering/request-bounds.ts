/**
 * Upper bounds of what a call may use, for its reservation. No bound is better than one that is too
 * low: whoever prices then takes the model's own limits.
 */
import type { JsonRecord } from './json-record.ts';
import type { ModelProtocol } from './model-endpoints.ts';

/** What providers add of their own when tools are described: Anthropic at most about 800. */
const TOOL_PROMPT_TOKENS = 4096;
/** No model reads as much: its own limit is the tighter bound. */
const MAX_BOUNDED_BYTES = 4 * 1024 * 1024;

/**
 * What is read but not in the body, or counted in other ways: images, sound, documents, files,
 * earlier turns, stored prompts, and what a provider's own tools find. As members' values and names
 * stand in JSON: inside a string their quotes would be escaped.
 */
const UNBOUNDED = new RegExp(
  [
    '"type"\\s*:\\s*"(?:image|input_image|image_url|input_audio|document|file|input_file|video|video_url|search_result|item_reference|mcp|computer|shell|local_shell|file_search|image_generation|code_interpreter|(?:web_search|web_fetch|code_execution|computer|tool_search|advisor|mcp)[a-z0-9_]*)"',
    '"(?:image_url|input_audio|file_id|file_ids|previous_response_id|conversation|mcp_servers|container|web_search_options|plugins|data_sources|context_management)"\\s*:\\s*[^\\sn]',
    '"(?:inline_?data|file_?data|cached_?content|google_?search|google_?search_?retrieval|google_?maps|url_?context|code_?execution|file_?search|computer_?use)"\\s*:\\s*[^\\sn]',
  ].join('|'),
  'i',
);

/**
 * One token for each byte: a token stands for a byte or more of text, JSON around it only adds
 * bytes, and what chat templates add for a message is less than its JSON.
 */
export function mostInputTokens(call: {
  readonly protocol: ModelProtocol;
  readonly body: Buffer;
  readonly record: JsonRecord;
}): number | undefined {
  const { protocol, body, record } = call;
  if (body.length > MAX_BOUNDED_BYTES || protocol === 'other') return undefined;
  // It names a template that the provider keeps; of completions it is the text itself.
  if (protocol === 'responses' && record.has('prompt')) return undefined;
  if (UNBOUNDED.test(body.toString('latin1'))) return undefined;
  return body.length + (record.has('tools') ? TOOL_PROMPT_TOKENS : 0);
}

const LIMITS: Readonly<Record<ModelProtocol, readonly string[]>> = {
  chat: ['max_tokens', 'max_completion_tokens'],
  completions: ['max_tokens'],
  messages: ['max_tokens'],
  responses: ['max_output_tokens'],
  embeddings: [],
  generate: ['generationConfig.maxOutputTokens', 'generation_config.max_output_tokens'],
  other: [],
};

/** How many answers are asked for at once. */
const REPEATS: Partial<Readonly<Record<ModelProtocol, readonly string[]>>> = {
  chat: ['n', 'best_of'],
  completions: ['n', 'best_of'],
  generate: ['generationConfig.candidateCount', 'generation_config.candidate_count'],
};

export function mostOutputTokens(protocol: ModelProtocol, record: JsonRecord): number | undefined {
  if (protocol === 'embeddings') return 0;
  const most = largest(record, LIMITS[protocol]);
  if (most === undefined) return undefined;
  const repeats = largest(record, REPEATS[protocol] ?? []);
  return Math.min(most * Math.max(repeats ?? 1, 1), Number.MAX_SAFE_INTEGER);
}

/** Of all of them: which one of two members of the same name counts, servers decide differently. */
function largest(record: JsonRecord, names: readonly string[]): number | undefined {
  let most: number | undefined;
  for (const member of names.flatMap((name) => record.all(name))) {
    const value = Number(member.bytes?.toString().trim() || Number.NaN);
    if (Number.isSafeInteger(value) && value >= 0) most = Math.max(most ?? 0, value);
  }
  return most;
}
