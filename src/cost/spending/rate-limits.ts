import type { Clock } from '../../base/clock.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Beyond so many, those that were not used for longest are forgotten. */
const MAX_BUCKETS = 10_000;
const MINUTE_MS = 60_000;

/** Calls a minute, by any key: token buckets that hold one minute's calls. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next call may pass; 0: now. Takes nothing. */
  waitMs(key: string, perMinute: number): number {
    const { tokens } = this.#refilled(key, perMinute);
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute);
  }

  /** Counts a call that passes. */
  take(key: string, perMinute: number): void {
    this.#refilled(key, perMinute).tokens--;
  }

  #refilled(key: string, perMinute: number): Bucket {
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(key) ?? { tokens: perMinute, atMs: nowMs };
    // A clock that was set back gives nothing, and takes nothing away.
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(perMinute, bucket.tokens + (passedMs * perMinute) / MINUTE_MS);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_BUCKETS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
