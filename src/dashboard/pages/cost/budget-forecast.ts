/** When a budget will be used up if it goes on like this. An estimate: floats are good enough. */
import type { BudgetResource } from '../../../contracts/cost.ts';

export type BudgetForecast =
  /** Calls are refused until it begins anew. */
  | { readonly state: 'used_up'; readonly resetsAtMs: number }
  /** Too little of the period has passed to say anything. */
  | { readonly state: 'early'; readonly resetsAtMs: number }
  | { readonly state: 'unspent'; readonly resetsAtMs: number }
  /** It is enough; `shareAtEnd` of the limit will be spent then. */
  | { readonly state: 'lasts'; readonly shareAtEnd: number; readonly resetsAtMs: number }
  | { readonly state: 'runs_out'; readonly atMs: number; readonly resetsAtMs: number };

/** What was spent in the unit of the limit lately, and in how long. */
export interface RecentSpending {
  readonly spent: number;
  readonly overMs: number;
}

const LEAST_MS = 10 * 60_000;

/**
 * By the rate of the period so far, or that of lately where it is higher: what began to cost
 * yesterday is not thinned by the quiet weeks before. Null for runs, of which each has its own.
 */
export function budgetForecast(
  budget: Pick<BudgetResource, 'now' | 'limit'>,
  { nowMs, recent }: { readonly nowMs: number; readonly recent?: RecentSpending | undefined },
): BudgetForecast | null {
  const { now } = budget;
  if (now === null) return null;
  const resetsAtMs = Date.parse(now.resetsAt);
  const left = Number(now.left);
  const spent = Number(now.spent);
  if (left <= 0) return { state: 'used_up', resetsAtMs };
  const elapsedMs = nowMs - periodStartMs(now.period);
  const rates = [
    elapsedMs >= LEAST_MS ? spent / elapsedMs : undefined,
    recent !== undefined && recent.overMs >= LEAST_MS ? recent.spent / recent.overMs : undefined,
  ].filter((rate) => rate !== undefined && Number.isFinite(rate));
  if (rates.length === 0) return { state: 'early', resetsAtMs };
  const perMs = Math.max(...rates.map(Number));
  if (perMs <= 0) return { state: 'unspent', resetsAtMs };
  const atMs = nowMs + left / perMs;
  if (atMs < resetsAtMs) return { state: 'runs_out', atMs, resetsAtMs };
  const atEnd = spent + perMs * Math.max(0, resetsAtMs - nowMs);
  return { state: 'lasts', shareAtEnd: atEnd / limitOf(budget), resetsAtMs };
}

function limitOf({ limit }: Pick<BudgetResource, 'limit'>): number {
  return Number(limit.money ?? limit.tokens ?? 0) || Number.POSITIVE_INFINITY;
}

/** Of `2026-01-31` or `2026-01`. */
export function periodStartMs(period: string): number {
  return Date.parse(`${period.length === 7 ? `${period}-01` : period}T00:00:00Z`);
}
