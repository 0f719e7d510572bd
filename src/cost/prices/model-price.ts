/** Prices as all formats are turned into: dollars per million tokens, decimal text without exponent. */
import Big from 'big.js';

export const RATE_CLASSES = [
  ...(['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWriteLong', 'reasoning'] as const),
];
export type RateClass = (typeof RATE_CLASSES)[number];
export type Rates = { readonly [Class in RateClass]?: string };

export interface PriceTier {
  /** For calls with more input tokens than this, cached ones included. */
  readonly above: number;
  /** Take the place of the base rates of the same classes, for the whole call. */
  readonly rates: Rates;
}

export interface ModelPrice {
  readonly model: string;
  readonly provider?: string;
  readonly rates: Rates;
  /** Ascending. */
  readonly tiers: readonly PriceTier[];
  /** Of its context: what bounds a call whose body does not say how much goes in. */
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
  readonly source?: string;
  /** 2026-01-31 */
  readonly asOf?: string;
}

/** Dollars. */
export interface MachineTimePrice {
  readonly vcpuSecond: string;
  readonly gibSecond: string;
}

export interface PriceContent {
  readonly models: readonly ModelPrice[];
  readonly machineTime?: MachineTimePrice;
}

export interface PriceList extends PriceContent {
  readonly name: string;
  /** Of name and content: `NAME@12 hexadecimal digits`. */
  readonly version: string;
  readonly format: string;
  readonly builtIn: boolean;
  readonly createdAtMs: number | null;
  readonly createdBy: string | null;
}

/**
 * Decimals of a price per million tokens: with them, the cost of any number of tokens has at most
 * the 18 that events keep.
 */
export const RATE_DECIMALS = 12;
/** Dollars per million tokens: beyond it somebody mistook the unit. The dearest models cost 600. */
export const MAX_RATE = new Big(100_000);

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;

export type ReadRate =
  | { readonly ok: true; readonly rate: string; readonly rounded: boolean }
  | { readonly ok: false; readonly problem: string };

/** `text` as it stood in the file; `scale` 6: a price per token. */
export function readRate(text: unknown, { scale }: { scale: 0 | 6 }): ReadRate {
  if (typeof text !== 'string' || text.length > 60 || !NUMBER.test(text))
    return { ok: false, problem: 'is not a number' };
  const exact = new Big(text.replace(/^\+/, '')).times(`1e${scale}`);
  if (exact.lt(0)) return { ok: false, problem: 'is negative' };
  if (exact.gt(MAX_RATE))
    return {
      ok: false,
      problem: `is more than ${MAX_RATE.toFixed()} dollars per million tokens, which no model costs: check the unit`,
    };
  const rate = exact.round(RATE_DECIMALS, Big.roundHalfUp);
  return { ok: true, rate: rate.toFixed(), rounded: !rate.eq(exact) };
}
