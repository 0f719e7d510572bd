/** What a benchmark is, and what it reports. One file per benchmark: `run` gets a context. */

export interface Measurement {
  /** `deploy.b.cached_image_to_healthy`: benchmark, part, what. */
  readonly name: string;
  readonly unit: 'µs' | 'ms' | 's' | 'calls/s' | 'events/s' | 'bytes' | 'MB' | 'ratio';
  /** One value per repeat, in the order taken. */
  readonly values: readonly number[];
  /** What the figure must not exceed (or, `atLeast`, not fall below). The median is judged. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
  readonly note?: string;
}

export interface BenchContext {
  report(measurement: Measurement): void;
  /** Could not be measured, and why. */
  skip(name: string, reason: string): void;
  /** For people; goes to standard error. */
  say(text: string): void;
  /** From `--key value` arguments. */
  option(key: string): string | undefined;
  readonly signal: AbortSignal;
}

export type Benchmark = (context: BenchContext) => Promise<void>;
