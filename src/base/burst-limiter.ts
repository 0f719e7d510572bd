import type { Clock } from './clock.ts';

export interface BurstLimiterOptions {
  /** So many of one key pass in a window; the rest are counted. */
  readonly perWindow: number;
  readonly windowMs: number;
  /** Beyond so many keys at a time all others share one. */
  readonly maxKeys: number;
  readonly clock: Clock;
  /** When a window ends in which some did not pass. */
  readonly onHeldBack: (key: string, count: number) => void;
}

export interface BurstLimiter {
  /** Whether this one passes. */
  take(key: string): boolean;
  /** Tells what was held back so far, and ends. */
  close(): void;
}

/** The key of all that come when `maxKeys` are known already. */
export const OTHER_KEYS = '*';

/** Keeps a flood from becoming a flood of records: the first pass, the rest become one number. */
export function createBurstLimiter(options: BurstLimiterOptions): BurstLimiter {
  const { perWindow, windowMs, maxKeys, clock, onHeldBack } = options;
  let windows = new Map<string, { passed: number; heldBack: number }>();
  let endsAtMs = 0;
  let timer: NodeJS.Timeout | undefined;

  /** All keys share one window, so that ending it is one walk over few keys. */
  function endWindow(): void {
    const ended = windows;
    windows = new Map();
    clearTimeout(timer);
    timer = undefined;
    for (const [key, { heldBack }] of ended) if (heldBack > 0) onHeldBack(key, heldBack);
  }

  return {
    take(given) {
      const nowMs = clock.nowMs();
      if (timer !== undefined && nowMs >= endsAtMs) endWindow();
      if (timer === undefined) {
        endsAtMs = nowMs + windowMs;
        timer = setTimeout(endWindow, windowMs).unref();
      }
      const key = windows.has(given) || windows.size < maxKeys ? given : OTHER_KEYS;
      const window = windows.get(key) ?? { passed: 0, heldBack: 0 };
      windows.set(key, window);
      if (window.passed < perWindow) {
        window.passed++;
        return true;
      }
      window.heldBack++;
      return false;
    },
    close: endWindow,
  };
}
