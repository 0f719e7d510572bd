import { EARLIEST_TIME, MAX_FUTURE_MS } from '../../contracts/ingest-limits.ts';

/** Texts of this form sort as the times they are, so nothing needs to be parsed. */
export interface TimeLimits {
  readonly earliest: string;
  /** Sorts behind every time up to the limit's second. */
  readonly latest: string;
}

export function timeLimits(nowMs: number): TimeLimits {
  const latest = new Date(nowMs + MAX_FUTURE_MS).toISOString().slice(0, 19);
  return { earliest: EARLIEST_TIME.slice(0, 19), latest: `${latest}~` };
}

const FORM =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/** What is wrong with an event's time, or undefined. */
export function timeProblem(text: string, limits: TimeLimits): string | undefined {
  if (!FORM.test(text) || !isDayOfMonth(text))
    return 'time must be a time in UTC such as 2026-01-31T12:00:00.123456789Z';
  if (text < limits.earliest) return 'time lies before the year 2000';
  if (text > limits.latest)
    return `time lies more than 10 minutes ahead of the clock here (${limits.latest.slice(0, 19)}Z is the latest)`;
  return undefined;
}

/** Only days from 29 on can be missing from a month. */
function isDayOfMonth(text: string): boolean {
  if (text.charCodeAt(8) < 0x32 || (text.charCodeAt(8) === 0x32 && text.charCodeAt(9) < 0x39))
    return true;
  const month = Number(text.slice(5, 7));
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), month, 0)).getUTCDate();
  return Number(text.slice(8, 10)) <= lastDay;
}
