/** Search terms of a query as search takes them: times become nanoseconds since 1970. */
import type { z } from 'zod';
import { isoTime } from '../base/clock.ts';
import type { EventTerms, eventTermsQuery } from '../contracts/event-query.ts';
import { parseDuration } from '../contracts/units.ts';
import { apiErrors } from './errors.ts';

type ParsedQuery = z.output<typeof eventTermsQuery>;

const NS_PER_MS = 1_000_000n;

/** @throws request_invalid for a time that is none, or a span that ends before it begins */
export function eventTerms(query: ParsedQuery, nowMs: number): EventTerms {
  const { since, until, ...same } = query;
  const sinceNs = since === undefined ? undefined : timeNs('since', { text: since, nowMs });
  const untilNs = until === undefined ? undefined : timeNs('until', { text: until, nowMs });
  if (sinceNs !== undefined && untilNs !== undefined && sinceNs >= untilNs)
    throw apiErrors.request_invalid(
      `The query: since (${shown(sinceNs)}) is not before until (${shown(untilNs)}), so nothing can match.`,
      { remedy: 'Exchange the two, or leave one out.' },
    );
  const given = Object.entries(same).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(sinceNs !== undefined && { sinceNs }),
    ...(untilNs !== undefined && { untilNs }),
  };
}

/** As they stood in the query. */
export function termWords(query: ParsedQuery): Record<string, string> {
  const words: Record<string, string> = {};
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) words[name] = Array.isArray(value) ? value.join(',') : value;
  return words;
}

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d))?$/;

/** A duration back from now, a date (its beginning in UTC), or RFC 3339 with any offset. */
function timeNs(name: 'since' | 'until', { text, nowMs }: { text: string; nowMs: number }): bigint {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return BigInt(Math.trunc(nowMs - durationMs)) * NS_PER_MS;
  const match = DATE_TIME.exec(text);
  const [, year, month, day, time = '00:00:00', decimals = '', zone = 'Z'] = match ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${time}${zone.toUpperCase()}`);
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (match === null || Number.isNaN(ms) || Number(day) > days)
    throw apiErrors.request_invalid(
      `The query: ${name}: ${JSON.stringify(text)} is neither a time such as 2026-01-31T12:00:00Z nor a duration back from now such as 2h.`,
      { details: { in: 'query', issues: [{ at: name, kind: 'invalid', message: 'is no time' }] } },
    );
  return BigInt(ms) * NS_PER_MS + BigInt(decimals.padEnd(9, '0'));
}

function shown(ns: bigint): string {
  const ms = Number(ns / NS_PER_MS);
  return Math.abs(ms) > 8.64e15 ? `${ns} ns` : isoTime(ms);
}
