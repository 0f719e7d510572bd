import type { HoldResource, RetentionSetting } from '../../../contracts/retention.ts';

/** How long something is kept, in words. null: for ever. */
export function daysText(days: number | null): string {
  if (days === null) return 'for ever';
  if (days === 0) return 'not at all';
  return days === 1 ? '1 day' : `${days.toLocaleString('en')} days`;
}

/** What a field for days holds. @returns undefined when it is no number of days; null: for ever */
export function parseDays(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const days = Number(trimmed);
  return /^\d{1,5}$/.test(trimmed) && days <= 36_525 ? days : undefined;
}

type Kept = Pick<RetentionSetting, 'keepPayloadsDays' | 'keepEventsDays'>;

/** Will something be erased that is kept now? */
export function isShorter(next: Kept, now: Kept | undefined): boolean {
  const shorter = (a: number | null, b: number | null) => a !== null && (b === null || a < b);
  const before = now ?? { keepPayloadsDays: null, keepEventsDays: null };
  return (
    shorter(next.keepPayloadsDays, before.keepPayloadsDays) ||
    shorter(next.keepEventsDays, before.keepEventsDays)
  );
}

/** `1 event`, `1,200 events` */
export function counted(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? what : `${what}s`}`;
}

/** A time as a field of the browser has it, in the viewer’s zone, as RFC 3339 in UTC. */
export function utcOf(local: string): string | undefined {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** The terms under which a hold’s events are found. */
export function holdTerms({ agent, run, since, until }: HoldResource) {
  return {
    kind: 'all',
    ...(agent !== undefined && { agent }),
    ...(run !== undefined && { run }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}
