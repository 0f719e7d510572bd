/** LiteLLM's model_prices_and_context_window.json: dollars per token, as JSON numbers. */
import type { ModelPrice, PriceContent, PriceTier, Rates } from './model-price.ts';
import { isObject, type JsonObject, type Reading } from './reading.ts';

/** Of calls that are priced by tokens; the others are skipped. */
const MODES = new Set(['chat', 'completion', 'responses', 'embedding']);

const FIELDS = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cacheRead: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  cacheWriteLong: 'cache_creation_input_token_cost_above_1hr',
  reasoning: 'output_cost_per_reasoning_token',
} as const;

/** `input_cost_per_token_above_200k_tokens` */
const TIER = /^(.+)_above_(\d{1,6})k_tokens$/;

export function readLitellm(file: JsonObject, reading: Reading): PriceContent {
  const models: ModelPrice[] = [];
  for (const [model, entry] of Object.entries(file)) {
    if (model === 'sample_spec') continue;
    if (!isObject(entry)) {
      reading.wrong(model, 'entry', { value: entry, problem: 'is not an object' });
      continue;
    }
    const price = MODES.has(String(entry.mode)) ? readModel(model, { entry, reading }) : undefined;
    if (price === undefined) reading.skipped++;
    else models.push(price);
  }
  return { models };
}

/** Undefined: it is priced by something else than tokens, or not at all. */
function readModel(
  model: string,
  { entry, reading }: { entry: JsonObject; reading: Reading },
): ModelPrice | undefined {
  const has = (name: keyof typeof FIELDS) => (entry[FIELDS[name]] ?? undefined) !== undefined;
  if (!has('input') && !has('output')) return undefined;
  if (!reading.name(model)) return undefined;
  const provider = entry.litellm_provider;
  const price: ModelPrice = {
    model,
    ...(typeof provider === 'string' && provider !== '' && { provider: provider.slice(0, 100) }),
    rates: readRates(model, { entry, reading, suffix: '' }),
    tiers: readTiers(model, { entry, reading }),
    ...maxTokens(model, { entry, reading }),
  };
  const isEmbedding = entry.mode === 'embedding';
  for (const name of isEmbedding ? (['input'] as const) : (['input', 'output'] as const))
    if (!has(name)) reading.wrong(model, FIELDS[name], { value: undefined, problem: 'is missing' });
  return price;
}

function readRates(
  model: string,
  { entry, reading, suffix }: { entry: JsonObject; reading: Reading; suffix: string },
): Rates {
  const rates: { -readonly [Class in keyof Rates]: Rates[Class] } = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = entry[`${field}${suffix}`];
    const rate = reading.rate(model, `${field}${suffix}`, { value, scale: 6 });
    if (rate !== undefined) rates[name as keyof Rates] = rate;
  }
  return rates;
}

function readTiers(
  model: string,
  { entry, reading }: { entry: JsonObject; reading: Reading },
): PriceTier[] {
  const thousands = new Set<number>();
  for (const field of Object.keys(entry)) {
    const [, base, count] = TIER.exec(field) ?? [];
    if ((Object.values(FIELDS) as (string | undefined)[]).includes(base))
      thousands.add(Number(count));
  }
  return [...thousands]
    .sort((a, b) => a - b)
    .map((count) => ({
      above: count * 1000,
      rates: readRates(model, { entry, reading, suffix: `_above_${count}k_tokens` }),
    }));
}

/** Often absent, and sometimes a sentence: they only bound what a call may cost. */
function maxTokens(
  model: string,
  { entry, reading }: { entry: JsonObject; reading: Reading },
): Pick<ModelPrice, 'maxInputTokens' | 'maxOutputTokens'> {
  const read = (field: string) => {
    const value = entry[field] ?? undefined;
    if (value === undefined || typeof value === 'string') return undefined;
    return reading.tokens(model, field, value);
  };
  // Of an embedding it is that of one text, of which a call may have many.
  const input = entry.mode === 'embedding' ? undefined : read('max_input_tokens');
  const output = read('max_output_tokens');
  return {
    ...(input !== undefined && { maxInputTokens: input }),
    ...(output !== undefined && { maxOutputTokens: output }),
  };
}
