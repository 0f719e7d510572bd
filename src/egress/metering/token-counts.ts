/**
 * Providers' usage objects as token classes that do not overlap, so that a price for each class,
 * multiplied and added up, is the cost:
 * - `input`: what was read afresh, without cacheRead and cacheWrite
 * - `cacheRead`, `cacheWrite`: read from, and written to, the provider's prompt cache; of the latter
 *   `cacheWriteLong` is kept longer than the usual time, at a higher price
 * - `output`: what was written, without reasoning
 * - `reasoning`: thought before it; at the price of output where a model has none of its own
 *
 * OpenAI counts cached tokens inside prompt_tokens and reasoning inside completion_tokens; Anthropic
 * counts cached ones beside input_tokens, and thinking inside output_tokens; Gemini counts cached ones
 * inside promptTokenCount, and thoughts beside candidatesTokenCount.
 */
import type { EventTokens } from '../../contracts/event.ts';

/** No model reads or writes as much in one call; more is a lie or an error. */
const MAX_TOKENS = 1_000_000_000;

export interface TokenCounts {
  readonly tokens: EventTokens;
  /** Something is absent or contradicts the rest: tokens are what could be read. */
  readonly missing?: true;
}

type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
}

/** Reads counts, and remembers whether one of them was no count. */
class CountReader {
  wrong = false;

  /** The first of them that is there. */
  read(fields: Fields | undefined, ...names: readonly string[]): number | undefined {
    for (const name of names) {
      const value = fields?.[name];
      if (value === undefined || value === null) continue;
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS)
        return value;
      this.wrong = true;
    }
    return undefined;
  }

  /** A part cannot be more than its whole. */
  part(value: number | undefined, whole: number): number {
    if (value === undefined) return 0;
    if (value > whole) this.wrong = true;
    return Math.min(value, whole);
  }
}

/**
 * Chat completions, completions, responses, embeddings, images, transcriptions, of OpenAI and of
 * those who speak like it: DeepSeek's prompt_cache_hit_tokens, Moonshot's cached_tokens, LiteLLM's
 * cache_creation_input_tokens; xAI and Gemini leave reasoning out of completion_tokens, but not out
 * of total_tokens.
 * @param usage undefined: none was seen
 */
export function openAiTokens(usage: Fields | undefined): TokenCounts | undefined {
  if (usage === undefined) return undefined;
  const reader = new CountReader();
  const inputDetails = asFields(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const outputDetails = asFields(usage.completion_tokens_details ?? usage.output_tokens_details);
  const prompt = reader.read(usage, 'prompt_tokens', 'input_tokens');
  const total = reader.read(usage, 'total_tokens');
  const told = reader.read(usage, 'completion_tokens', 'output_tokens');
  if (prompt === undefined) return undefined;
  const completion = told ?? 0;
  if (told === undefined && total !== undefined && total > prompt && outputDetails !== undefined)
    reader.wrong = true;

  const cached =
    reader.read(inputDetails, 'cached_tokens') ??
    reader.read(usage, 'prompt_cache_hit_tokens', 'cached_tokens', 'cache_read_input_tokens');
  const cacheRead = reader.part(cached, prompt);
  const written =
    reader.read(inputDetails, 'cache_write_tokens') ??
    reader.read(usage, 'cache_creation_input_tokens');
  const cacheWrite = reader.part(written, prompt - cacheRead);
  const long = reader.read(asFields(inputDetails?.cache_write_tokens_details), 'ttl_12h_tokens');

  const thought = reader.read(outputDetails, 'reasoning_tokens');
  const surplus = total === undefined ? 0 : total - prompt - completion;
  const inside = surplus > 0 ? 0 : reader.part(thought, completion);
  return counts(reader, {
    input: prompt - cacheRead - cacheWrite,
    output: completion - inside,
    cacheRead,
    cacheWrite,
    reasoning: surplus > 0 ? surplus : inside,
    cacheWriteLong: reader.part(long, cacheWrite),
  });
}

/** Messages of Anthropic. What was compacted on the way is counted beside the rest, in `iterations`. */
export function anthropicTokens(usage: Fields | undefined): TokenCounts | undefined {
  if (usage === undefined) return undefined;
  const reader = new CountReader();
  const sum = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, cacheWriteLong: 0 };
  if (!addAnthropic(sum, reader, usage)) return undefined;
  const iterations = Array.isArray(usage.iterations) ? usage.iterations : [];
  for (const iteration of iterations.slice(0, 1000)) {
    const entry = asFields(iteration);
    if (entry?.type === 'message' || entry?.type === 'fallback_message') continue;
    // Others are of other models (advisor_message), at other prices, or unknown.
    if (entry?.type !== 'compaction' || !addAnthropic(sum, reader, entry)) reader.wrong = true;
  }
  return counts(reader, sum);
}

function addAnthropic(sum: Sum, reader: CountReader, usage: Fields): boolean {
  const input = reader.read(usage, 'input_tokens');
  const output = reader.read(usage, 'output_tokens');
  if (input === undefined && output === undefined) return false;
  if (input === undefined || output === undefined) reader.wrong = true;
  const byTime = asFields(usage.cache_creation);
  const long = reader.read(byTime, 'ephemeral_1h_input_tokens');
  const short = reader.read(byTime, 'ephemeral_5m_input_tokens');
  const cacheWrite =
    reader.read(usage, 'cache_creation_input_tokens') ?? (long ?? 0) + (short ?? 0);
  const thought = reader.read(asFields(usage.output_tokens_details), 'thinking_tokens');
  const reasoning = reader.part(thought, output ?? 0);
  sum.input += input ?? 0;
  sum.output += (output ?? 0) - reasoning;
  sum.cacheRead += reader.read(usage, 'cache_read_input_tokens') ?? 0;
  sum.cacheWrite += cacheWrite;
  sum.reasoning += reasoning;
  sum.cacheWriteLong += reader.part(long, cacheWrite);
  return true;
}

/** Of Gemini's own protocol; what its own tools found is read, too. */
export function geminiTokens(usage: Fields | undefined): TokenCounts | undefined {
  if (usage === undefined) return undefined;
  const reader = new CountReader();
  const prompt = reader.read(usage, 'promptTokenCount');
  const total = reader.read(usage, 'totalTokenCount');
  if (prompt === undefined) return undefined;
  const found = reader.read(usage, 'toolUsePromptTokenCount') ?? 0;
  const output = reader.read(usage, 'candidatesTokenCount') ?? 0;
  const reasoning = reader.read(usage, 'thoughtsTokenCount') ?? 0;
  const cacheRead = reader.part(reader.read(usage, 'cachedContentTokenCount'), prompt);
  // A class that we do not know would be left out in silence.
  if (total !== undefined && total > prompt + found + output + reasoning) reader.wrong = true;
  const input = prompt - cacheRead + found;
  return counts(reader, { input, output, cacheRead, reasoning, cacheWrite: 0, cacheWriteLong: 0 });
}

type Sum = { -readonly [Key in keyof Required<EventTokens>]: number };

function counts(reader: CountReader, sum: Readonly<Sum>): TokenCounts {
  const { input, output, cacheRead, cacheWrite, reasoning, cacheWriteLong } = sum;
  return {
    tokens: {
      input,
      output,
      ...(cacheRead > 0 && { cacheRead }),
      ...(cacheWrite > 0 && { cacheWrite }),
      ...(cacheWriteLong > 0 && { cacheWriteLong }),
      ...(reasoning > 0 && { reasoning }),
    },
    ...(reader.wrong && { missing: true }),
  };
}
