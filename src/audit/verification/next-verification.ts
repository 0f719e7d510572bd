/** When swarmd goes over its log by itself. */

/** A start has other things to do. */
const FIRST_MS = 600_000;
/** After an attempt without a verdict. */
const RETRY_MS = 3_600_000;

export interface PastAttempts {
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** null: never by itself. */
  readonly everyMs: number | null;
  /** When the last one that came to a verdict began. */
  readonly lastAtMs: number | undefined;
  /** When the newest attempt began, if it came to none. */
  readonly unfinishedAtMs: number | undefined;
}

/** Not before ten minutes after the start. @returns null: never */
export function nextVerificationAtMs(past: PastAttempts): number | null {
  const { startedAtMs, nowMs, everyMs, lastAtMs, unfinishedAtMs } = past;
  if (everyMs === null) return null;
  const firstAtMs = startedAtMs + FIRST_MS;
  // A clock that was set back must not put it off for long.
  const after = (atMs: number, ms: number) => Math.max(firstAtMs, Math.min(atMs, nowMs) + ms);
  if (unfinishedAtMs !== undefined) return after(unfinishedAtMs, Math.min(everyMs, RETRY_MS));
  return lastAtMs === undefined ? firstAtMs : after(lastAtMs, everyMs);
}
