import type { EventTerms } from '../contracts/event-query.ts';

/** @param time as in an event: UTC, with up to nine digits of a second */
export function isWithin(
  { sinceNs, untilNs }: Pick<EventTerms, 'sinceNs' | 'untilNs'>,
  time: string,
): boolean {
  if (sinceNs === undefined && untilNs === undefined) return true;
  const ns = nanoseconds(time);
  return (sinceNs === undefined || ns >= sinceNs) && (untilNs === undefined || ns < untilNs);
}

const SECONDS = '2026-01-31T12:00:00'.length;

function nanoseconds(time: string): bigint {
  const fraction = time.slice(SECONDS + 1, -1).padEnd(9, '0');
  return BigInt(Date.parse(`${time.slice(0, SECONDS)}Z`)) * 1_000_000n + BigInt(fraction);
}
