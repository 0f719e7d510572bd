/**
 * agentgateway's cost catalog: providers → models → rates, decimal strings per million tokens, and
 * tiers by context length. Its prices for audio are left out: audio tokens are not told apart.
 */
import type { ModelPrice, PriceContent, PriceTier } from './model-price.ts';
import { readRates } from './read-rates.ts';
import { isObject, type JsonObject, type Reading } from './reading.ts';

const AUDIO = ['inputAudio', 'outputAudio'];

export function readAgentgateway(file: JsonObject, reading: Reading): PriceContent {
  if (!isObject(file.providers)) {
    reading.problem('"providers" is missing, or is not an object');
    return { models: [] };
  }
  const models: ModelPrice[] = [];
  for (const [provider, entry] of Object.entries(file.providers)) {
    if (!isObject(entry) || !isObject(entry.models ?? {})) {
      reading.wrong(provider, 'models', { value: entry, problem: 'is not an object of models' });
      continue;
    }
    if (!reading.name(provider)) continue;
    for (const [model, about] of Object.entries(entry.models ?? {})) {
      const price = readModel(`${provider}/${model}`, { provider, model, about, reading });
      if (price === undefined) reading.skipped++;
      else models.push(price);
    }
  }
  return { models };
}

function readModel(
  label: string,
  how: { provider: string; model: string; about: unknown; reading: Reading },
): ModelPrice | undefined {
  const { provider, model, about, reading } = how;
  if (!isObject(about)) {
    reading.wrong(label, 'entry', { value: about, problem: 'is not an object' });
    return undefined;
  }
  if (!reading.name(model)) return undefined;
  const value = about.rates ?? {};
  const rates = readRates(label, { field: 'rates', value, reading, ignored: AUDIO });
  const tiers = readTiers(label, { value: about.tiers ?? [], reading });
  // Such an entry says something else about the model, such as its limits.
  if (Object.keys(rates).length === 0 && tiers.length === 0) return undefined;
  const limits = isObject(about.limits) ? about.limits : {};
  const limit = (name: string) =>
    limits[name] === undefined ? undefined : reading.tokens(label, `limits.${name}`, limits[name]);
  const [input, output] = [limit('contextWindow'), limit('maxOutputTokens')];
  const price: ModelPrice = {
    ...{ model, provider, rates, tiers },
    ...(input !== undefined && { maxInputTokens: input }),
    ...(output !== undefined && { maxOutputTokens: output }),
  };
  reading.needs({ ...price, model: label }, ['input']);
  return price;
}

function readTiers(
  label: string,
  { value, reading }: { value: unknown; reading: Reading },
): PriceTier[] {
  if (!Array.isArray(value)) {
    reading.wrong(label, 'tiers', { value, problem: 'is not a list' });
    return [];
  }
  const tiers: PriceTier[] = [];
  for (const [index, one] of value.entries()) {
    const field = `tiers[${index}]`;
    if (!isObject(one)) {
      reading.wrong(label, field, { value: one, problem: 'is not an object' });
      continue;
    }
    const above = reading.tokens(label, `${field}.contextOver`, one.contextOver);
    if (above === undefined) continue;
    if (above <= (tiers.at(-1)?.above ?? -1))
      reading.wrong(label, `${field}.contextOver`, {
        value: one.contextOver,
        problem: 'is not more than that of the tier before',
      });
    const rates = { field: `${field}.rates`, value: one.rates ?? {}, reading, ignored: AUDIO };
    tiers.push({ above, rates: readRates(label, rates) });
  }
  return tiers;
}
