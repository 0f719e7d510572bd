import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../contracts/units.ts';

/** Readers of option values: each refuses with a sentence that says what would be right. */

export function wholeNumber(bounds: { min: number; max: number }): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= bounds.min && value <= bounds.max) return value;
    throw new InvalidArgumentError(
      `It must be a whole number from ${bounds.min} to ${bounds.max}.`,
    );
  };
}

/** A time, or a duration back from now. */
export function sinceText(text: string): string {
  if (parseDuration(text) !== undefined || !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError(
    'It must be a duration such as 10m, or a time such as 2026-01-31T12:00:00Z.',
  );
}

export function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
