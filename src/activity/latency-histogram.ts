/**
 * Durations in buckets whose bounds grow by a constant factor, so that a quantile is within 5 % of
 * the true one whatever the scale: DDSketch (Masson, Rim, Lee 2019) with relative accuracy 0.045: the rest is for rounding.
 */
const ACCURACY = 0.045;
const GROWTH = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GROWTH = Math.log(GROWTH);
/** All below count as this. */
const LEAST_MS = 0.01;
/** All above count as this: a day. */
const MOST_MS = 86_400_000;

/** Number of durations by bucket. */
export type LatencyHistogram = Map<number, number>;

export function bucketOf(ms: number): number {
  const bounded = Math.min(Math.max(ms, LEAST_MS), MOST_MS);
  return Math.ceil(Math.log(bounded) / LOG_GROWTH);
}

/** The value that is no more than 4.5 % away from any in the bucket. */
export function msOfBucket(bucket: number): number {
  return (2 * GROWTH ** bucket) / (GROWTH + 1);
}

export function addDuration(histogram: LatencyHistogram, ms: number): void {
  const bucket = bucketOf(ms);
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
}

/** Takes out again what was added. */
export function takeHistogram(from: LatencyHistogram, taken: LatencyHistogram): void {
  for (const [bucket, count] of taken) {
    const left = (from.get(bucket) ?? 0) - count;
    if (left > 0) from.set(bucket, left);
    else from.delete(bucket);
  }
}

/** @param shares 0 to 1 each, ascending. @returns null for each without durations */
export function quantilesMs(
  histogram: LatencyHistogram,
  shares: readonly number[],
): readonly (number | null)[] {
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return shares.map(() => null);
  const found: number[] = [];
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    // The nearest rank: the smallest value that so many are not above.
    while (found.length < shares.length && seen >= Math.ceil((shares[found.length] ?? 1) * total))
      found.push(msOfBucket(bucket));
  }
  return found;
}
