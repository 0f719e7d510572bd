import { createHash } from 'node:crypto';
import type { PriceContent } from './model-price.ts';

/** `NAME@12 hexadecimal digits` of SHA-256 over the content: the same prices have the same version. */
export function priceVersion(name: string, { models, machineTime }: PriceContent): string {
  const sorted = models.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const hash = createHash('sha256');
  for (const { model, provider, rates, tiers, maxInputTokens, maxOutputTokens } of sorted)
    hash.update(
      `${JSON.stringify([provider ?? '', model, ratesOf(rates), tiers.map((tier) => [tier.above, ratesOf(tier.rates)]), maxInputTokens ?? null, maxOutputTokens ?? null])}\n`,
    );
  hash.update(JSON.stringify([machineTime?.vcpuSecond ?? null, machineTime?.gibSecond ?? null]));
  return `${name}@${hash.digest('hex').slice(0, 12)}`;
}

const keyOf = ({ provider, model }: { provider?: string; model: string }) =>
  `${provider ?? ''}/${model}`;

function ratesOf(rates: PriceContent['models'][number]['rates']) {
  const { input, output, cacheRead, cacheWrite, cacheWriteLong, reasoning } = rates;
  const named = [input, output, cacheRead, cacheWrite, reasoning].map((rate) => rate ?? null);
  // Lists without it keep the version that they had before there was such a rate.
  return cacheWriteLong === undefined ? named : [...named, cacheWriteLong];
}
