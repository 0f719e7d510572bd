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

/** Most tokens in and out of one call. */
type Most = readonly [input: number, output: number];

function openai(model: string, most: Most, rates: Rates): ModelPrice {
  return { ...OPENAI, ...price(model, most, rates), asOf: '2026-03-31' };
}

function anthropic(model: string, most: Most, rates: Rates): ModelPrice {
  return { ...ANTHROPIC, ...price(model, most, rates), asOf: '2026-10-10' };
}

function price(model: string, [maxInputTokens, maxOutputTokens]: Most, rates: Rates): ModelPrice {
  return { model, maxInputTokens, maxOutputTokens, rates, tiers: [] };
}

const MODELS: readonly ModelPrice[] = [
  openai('gpt-5.1', [400_000, 128_000], { input: '1.25', output: '10', cacheRead: '0.125' }),
  openai('gpt-5', [400_000, 128_000], { input: '1.25', output: '10', cacheRead: '0.125' }),
  openai('gpt-5-mini', [400_000, 128_000], { input: '0.25', output: '2', cacheRead: '0.025' }),
  openai('gpt-5-nano', [400_000, 128_000], { input: '0.05', output: '0.4', cacheRead: '0.005' }),
  openai('gpt-4.1', [1_047_576, 32_768], { input: '2', output: '8', cacheRead: '0.5' }),
  openai('gpt-4.1-mini', [1_047_576, 32_768], { input: '0.4', output: '1.6', cacheRead: '0.1' }),
  openai('gpt-4o', [128_000, 16_384], { input: '2.5', output: '10', cacheRead: '1.25' }),
  openai('gpt-4o-mini', [128_000, 16_384], { input: '0.15', output: '0.6', cacheRead: '0.075' }),
  openai('o3', [200_000, 100_000], { input: '2', output: '8', cacheRead: '0.5' }),
  openai('o4-mini', [200_000, 100_000], { input: '1.1', output: '4.4', cacheRead: '0.275' }),
  openai('text-embedding-3-small', [300_000, 0], { input: '0.02' }),
  openai('text-embedding-3-large', [300_000, 0], { input: '0.13' }),
  anthropic('claude-opus-5', [1_000_000, 128_000], {
    ...{ input: '5', output: '25', cacheRead: '0.5', cacheWrite: '6.25', cacheWriteLong: '10' },
  }),
  anthropic('claude-opus-4-5', [200_000, 64_000], {
    ...{ input: '5', output: '25', cacheRead: '0.5', cacheWrite: '6.25', cacheWriteLong: '10' },
  }),
  anthropic('claude-opus-4-1', [200_000, 32_000], {
    ...{ input: '15', output: '75', cacheRead: '1.5', cacheWrite: '18.75', cacheWriteLong: '30' },
  }),
  anthropic('claude-sonnet-5', [1_000_000, 128_000], {
    ...{ input: '2', output: '10', cacheRead: '0.2', cacheWrite: '2.5', cacheWriteLong: '4' },
  }),
  {
    ...anthropic('claude-sonnet-4-5', [1_000_000, 64_000], {
      ...{ input: '3', output: '15', cacheRead: '0.3', cacheWrite: '3.75', cacheWriteLong: '6' },
    }),
    tiers: [
      {
        above: 200_000,
        rates: {
          input: '6',
          output: '22.5',
          cacheRead: '0.6',
          cacheWrite: '7.5',
          cacheWriteLong: '12',
        },
      },
    ],
  },
  anthropic('claude-haiku-4-5', [200_000, 64_000], {
    ...{ input: '1', output: '5', cacheRead: '0.1', cacheWrite: '1.25', cacheWriteLong: '2' },
  }),
  {
    // The demo's own, so that it shows what a run costs: nobody is charged.
    ...price('scripted-1', [100_000, 10_000], { input: '0.15', output: '0.6' }),
    source: 'made up for the demo: it follows a script and is free',
    asOf: '2026-11-21',
  },
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
