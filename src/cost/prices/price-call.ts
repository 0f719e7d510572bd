import Big from 'big.js';
import type { EventTokens } from '../../contracts/event.ts';
import { type ModelPrice, RATE_CLASSES, type RateClass, type Rates } from './model-price.ts';

const PER_MILLION = new Big('0.000001');
const ZERO = new Big(0);

/**
 * What tokens cost, exactly. Classes are disjoint: output without reasoning, input without what
 * came from or went to a cache. Undefined: tokens of a class for which there is no price.
 */
export function priceCall(tokens: EventTokens, price: ModelPrice): Big | undefined {
  const rates = ratesFor(price, inputOf(tokens));
  let sum = ZERO;
  for (const name of RATE_CLASSES) {
    const count = countOf(tokens, name);
    if (count === 0) continue;
    const rate = rateOf(rates, name);
    if (rate === undefined) return undefined;
    sum = sum.plus(new Big(count).times(rate).times(PER_MILLION));
  }
  return sum;
}

/** What is priced by this rate. */
function countOf(tokens: EventTokens, name: RateClass): number {
  const { cacheWrite = 0, cacheWriteLong = 0 } = tokens;
  const long = Math.min(cacheWriteLong, cacheWrite);
  if (name === 'cacheWriteLong') return long;
  return name === 'cacheWrite' ? cacheWrite - long : (tokens[name] ?? 0);
}

/** All that went in: what tiers are chosen by. */
function inputOf(tokens: EventTokens): number {
  return (tokens.input ?? 0) + (tokens.cacheRead ?? 0) + (tokens.cacheWrite ?? 0);
}

/** The base rates, or those of the highest tier that so many input tokens reach. */
export function ratesFor(price: ModelPrice, inputTokens: number): Rates {
  const tier = price.tiers.findLast(({ above }) => inputTokens > above);
  return tier === undefined ? price.rates : { ...price.rates, ...tier.rates };
}

/**
 * Without a price of their own, cached input costs what input does, reasoning what output does, and
 * what is cached for long what else is cached.
 */
export function rateOf(rates: Rates, name: RateClass): string | undefined {
  if (name === 'reasoning') return rates.reasoning ?? rates.output;
  if (name === 'cacheWriteLong' && rates.cacheWriteLong === undefined)
    return rates.cacheWrite ?? rates.input;
  if (name === 'cacheRead' || name === 'cacheWrite') return rates[name] ?? rates.input;
  return rates[name];
}

/**
 * The most that a call can cost with at most so many tokens, whichever of them are cached or
 * reasoning, and whichever tier it falls into. Undefined: a rate that may be needed is missing.
 */
export function mostCost(
  price: ModelPrice,
  most: { readonly inputTokens: number; readonly outputTokens: number },
): Big | undefined {
  let dearest: Big | undefined;
  const reached = price.tiers.filter(({ above }) => most.inputTokens > above);
  for (const { rates: tierRates } of [{ rates: {} }, ...reached]) {
    const rates: Rates = { ...price.rates, ...tierRates };
    const input = dearestOf(rates, ['input', 'cacheRead', 'cacheWrite', 'cacheWriteLong']);
    const output = dearestOf(rates, ['output', 'reasoning']);
    if (most.inputTokens > 0 && input === undefined) return undefined;
    if (most.outputTokens > 0 && output === undefined) return undefined;
    const cost = new Big(most.inputTokens)
      .times(input ?? 0)
      .plus(new Big(most.outputTokens).times(output ?? 0))
      .times(PER_MILLION);
    if (dearest === undefined || cost.gt(dearest)) dearest = cost;
  }
  return dearest;
}

function dearestOf(rates: Rates, classes: readonly RateClass[]): Big | undefined {
  let dearest: Big | undefined;
  for (const name of classes) {
    const rate = rateOf(rates, name);
    if (rate === undefined) continue;
    const value = new Big(rate);
    if (dearest === undefined || value.gt(dearest)) dearest = value;
  }
  return dearest;
}
