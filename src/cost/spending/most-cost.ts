/** What a call may cost at most, before it is made. */
import Big from 'big.js';
import type { MeteredRequest } from '../../contracts/egress.ts';
import { mostCost } from '../prices/price-call.ts';
import type { PriceIndex } from '../prices/price-index.ts';
import type { Amount } from './totals.ts';

/** For calls that do not bound themselves, and models whose price does not say it either. */
export interface CallBounds {
  readonly inputTokens: number;
  readonly outputTokens: number;
}
export const DEFAULT_BOUNDS: CallBounds = { inputTokens: 200_000, outputTokens: 32_768 };

const PRICED = new Set<MeteredRequest['operation']>([
  'chat',
  'responses',
  'messages',
  'embeddings',
  'paid',
]);

/** Is it a call to a model, priced by tokens? Tools and plain calls cost nothing by themselves. */
export function isPriced({ operation }: MeteredRequest): boolean {
  return PRICED.has(operation);
}

export interface Most extends Amount {
  /** There is no price: `money` is 0 and says nothing. */
  readonly unpriced: boolean;
}

/** At the dearest price that may apply, all classes and tiers considered. */
export function mostOf(
  request: MeteredRequest,
  { prices, bounds }: { prices: PriceIndex; bounds: CallBounds },
): Most {
  const { model, provider, operation } = request;
  const found = model === undefined ? undefined : prices.find(model, provider)?.price;
  const inputTokens = request.mostInputTokens ?? found?.maxInputTokens ?? bounds.inputTokens;
  const outputTokens =
    operation === 'embeddings'
      ? 0
      : (request.mostOutputTokens ?? found?.maxOutputTokens ?? bounds.outputTokens);
  const most = { inputTokens, outputTokens };
  const money = found === undefined ? undefined : mostCost(found, most);
  return {
    money: money ?? new Big(0),
    tokens: inputTokens + outputTokens,
    unpriced: money === undefined,
  };
}
