import { InvalidArgumentError } from 'commander';

/** As retention takes them. */
const MAX_DAYS = 36_525;

/** As an option's value: commander makes '' of null. */
export type Days = number | 'forever';

/** Days of `30d`, `8w`, `1y` (365 days), a bare number, or `forever`. */
export function days(text: string): Days {
  if (text === 'forever') return text;
  const match = /^(\d{1,6})([dwy]?)$/.exec(text);
  const count = Number(match?.[1] ?? Number.NaN) * ({ w: 7, y: 365 }[match?.[2] ?? ''] ?? 1);
  if (count <= MAX_DAYS) return count;
  throw new InvalidArgumentError(
    `It must be a number of days such as 30d, 8w or 2y, at most ${MAX_DAYS}d, or "forever".`,
  );
}

export function daysText(count: number | null): string {
  return count === null ? 'forever' : `${count} d`;
}
