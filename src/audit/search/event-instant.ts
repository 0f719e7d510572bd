/** Times as the index keeps them: microseconds since 1970, and the nanoseconds that are left. */
export interface EventInstant {
  readonly us: number;
  /** 0 to 999. */
  readonly restNs: number;
}

/** The years beyond are taken for these: they do not fit into exact numbers. */
const MAX_US = 9_000_000_000_000_000;
const SHORTEST = '2026-01-31T12:00:00Z'.length;

/** @param time as in an entry: UTC with up to nine digits of a second */
export function instantOf(time: string): EventInstant {
  const seconds = Date.parse(`${time.slice(0, SHORTEST - 1)}Z`);
  if (Number.isNaN(seconds)) return { us: 0, restNs: 0 };
  const fraction =
    time.length > SHORTEST ? Number(time.slice(SHORTEST, -1).padEnd(9, '0').slice(0, 9)) : 0;
  const us = seconds * 1000 + Math.floor(fraction / 1000);
  return us > MAX_US ? { us: MAX_US, restNs: 0 } : { us, restNs: fraction % 1000 };
}

/** @param ns since 1970 */
export function instantOfNs(ns: bigint): EventInstant {
  const rest = ((ns % 1000n) + 1000n) % 1000n;
  const us = Number((ns - rest) / 1000n);
  if (us > MAX_US) return { us: MAX_US, restNs: 0 };
  return us < -MAX_US ? { us: -MAX_US, restNs: 0 } : { us, restNs: Number(rest) };
}
