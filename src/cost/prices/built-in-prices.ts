/**
 * Prices that hold where a workspace has none of its own: the providers' public list prices for
 * standard calls on the dates given. They change: docs/guides/cost.md says to check them.
 */
import type { ModelPrice, PriceList, Rates } from './model-price.ts';
import { priceVersion } from './price-version.ts';

const OPENAI = { provider: 'openai', source: 'developers.openai.com/api/docs/pricing' };
const ANTHROPIC = {
  provider: 'anthropic',
  source: 'platform.claude.com/docs/en/about-claude/pricing',
};

function openai(model: string, maxOutputTokens: number, rates: Rates): ModelPrice {
  return { ...OPENAI, model, maxOutputTokens, rates, tiers: [], asOf: '2026-03-31' };
}

function anthropic(model: string, maxOutputTokens: number, rates: Rates): ModelPrice {
  return { ...ANTHROPIC, model, maxOutputTokens, rates, tiers: [], asOf: '2026-10-10' };
}

const MODELS: readonly ModelPrice[] = [
  openai('gpt-5.1', 128_000, { input: '1.25', output: '10', cacheRead: '0.125' }),
  openai('gpt-5', 128_000, { input: '1.25', output: '10', cacheRead: '0.125' }),
  openai('gpt-5-mini', 128_000, { input: '0.25', output: '2', cacheRead: '0.025' }),
  openai('gpt-5-nano', 128_000, { input: '0.05', output: '0.4', cacheRead: '0.005' }),
  openai('gpt-4.1', 32_768, { input: '2', output: '8', cacheRead: '0.5' }),
  openai('gpt-4.1-mini', 32_768, { input: '0.4', output: '1.6', cacheRead: '0.1' }),
  openai('gpt-4o', 16_384, { input: '2.5', output: '10', cacheRead: '1.25' }),
  openai('gpt-4o-mini', 16_384, { input: '0.15', output: '0.6', cacheRead: '0.075' }),
  openai('o3', 100_000, { input: '2', output: '8', cacheRead: '0.5' }),
  openai('o4-mini', 100_000, { input: '1.1', output: '4.4', cacheRead: '0.275' }),
  openai('text-embedding-3-small', 0, { input: '0.02' }),
  openai('text-embedding-3-large', 0, { input: '0.13' }),
  anthropic('claude-opus-5', 128_000, {
    ...{ input: '5', output: '25', cacheRead: '0.5', cacheWrite: '6.25' },
  }),
  anthropic('claude-opus-4-5', 64_000, {
    ...{ input: '5', output: '25', cacheRead: '0.5', cacheWrite: '6.25' },
  }),
  anthropic('claude-opus-4-1', 32_000, {
    ...{ input: '15', output: '75', cacheRead: '1.5', cacheWrite: '18.75' },
  }),
  anthropic('claude-sonnet-5', 128_000, {
    ...{ input: '2', output: '10', cacheRead: '0.2', cacheWrite: '2.5' },
  }),
  anthropic('claude-sonnet-4-5', 64_000, {
    ...{ input: '3', output: '15', cacheRead: '0.3', cacheWrite: '3.75' },
  }),
  anthropic('claude-haiku-4-5', 64_000, {
    ...{ input: '1', output: '5', cacheRead: '0.1', cacheWrite: '1.25' },
  }),
];

const NAME = 'builtin';

export const BUILT_IN_PRICES: PriceList = {
  name: NAME,
  version: priceVersion(NAME, { models: MODELS }),
  format: 'swarm',
  models: MODELS,
  builtIn: true,
  createdAtMs: null,
  createdBy: null,
};
