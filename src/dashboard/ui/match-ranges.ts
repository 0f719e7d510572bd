import type { AnsiSegment } from './parse-ansi.ts';

export type Range = readonly [from: number, to: number];

const MOST_IN_ONE_TEXT = 200;

/** Looks for a text as it stands, in either case. undefined: for nothing. */
export function literalPattern(text: string): RegExp | undefined {
  return text === '' ? undefined : new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'gi');
}

/** Where a pattern (with the flag g) stands, the first 200. */
export function matchRanges(text: string, pattern: RegExp | undefined): Range[] {
  const ranges: Range[] = [];
  if (pattern === undefined) return ranges;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '' || ranges.length >= MOST_IN_ONE_TEXT) break;
    ranges.push([match.index, match.index + match[0].length]);
  }
  return ranges;
}

export interface MarkedSegment extends AnsiSegment {
  readonly found: boolean;
}

/** Segments cut where a match begins or ends; the ranges are of all their texts together. */
export function markSegments(
  segments: readonly AnsiSegment[],
  ranges: readonly Range[],
): MarkedSegment[] {
  const marked: MarkedSegment[] = [];
  let start = 0;
  let next = 0;
  for (const { text, style } of segments) {
    let at = 0;
    while (at < text.length) {
      while ((ranges[next]?.[1] ?? Number.POSITIVE_INFINITY) <= start + at) next++;
      const [from, to] = ranges[next] ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      const found = from <= start + at;
      const end = Math.min(text.length, (found ? to : from) - start);
      marked.push({ text: text.slice(at, end), style, found });
      at = end;
    }
    start += text.length;
  }
  return marked;
}
