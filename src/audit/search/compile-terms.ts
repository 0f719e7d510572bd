/** Search terms as SQL over one shard: an expression for FTS5 and conditions on the row. */
import type { EventTerms } from '../../contracts/event-query.ts';
import { searchErrors } from './errors.ts';
import { instantOfNs } from './event-instant.ts';
import type { IndexReader } from './index-reader.ts';
import type { NameField } from './index-schema.ts';
import {
  costMarksFrom,
  hashId,
  nameMark,
  nanosOf,
  runMark,
  STATUS_NUMBERS,
  statusMark,
} from './mark-tokens.ts';
import { ftsTermsOf, isPhrase, parseTextQuery, type TextPart } from './text-query.ts';

export interface CompiledTerms {
  /** Events with these words, and the conditions; undefined: all events, by conditions alone. */
  readonly words: string | undefined;
  /** Events that are open, too: they have no mark of their status, and are few. */
  readonly open: { readonly words: string | undefined } | undefined;
  /** false: `words` finds nothing that is not open. */
  readonly closed: boolean;
  readonly conditions: readonly string[];
  readonly params: readonly number[];
  /** Microseconds: a zone of the index that lies outside need not be looked at. */
  readonly time: { readonly fromUs: number; readonly toUs: number } | undefined;
  /** What only the event itself can answer. */
  readonly phrases: readonly TextPart[];
  readonly run: string | undefined;
}

const MAX_VALUES = 200;

type ListTerm = 'agent' | 'tool' | 'kind' | 'actor' | 'provider' | 'model' | 'machine';
const LIST_TERMS: readonly ListTerm[] = [
  ...(['agent', 'tool', 'kind', 'actor', 'provider', 'model', 'machine'] as const),
];

interface Parts {
  readonly words: string[];
  readonly conditions: string[];
  readonly params: number[];
}

/** @returns undefined when nothing can match. @throws event_query_invalid */
export function compileTerms(reader: IndexReader, terms: EventTerms): CompiledTerms | undefined {
  const parts: Parts = { words: [], conditions: [], params: [] };
  const text = terms.text === undefined ? [] : parseTextQuery(terms.text);
  for (const field of LIST_TERMS)
    if (!addList(reader, parts, { field, values: terms[field] })) return undefined;
  if (terms.minCost !== undefined) addMinCost(parts, terms.minCost);
  const time = addTime(parts, terms);
  if (time !== undefined && time.fromUs > time.toUs) return undefined;
  // What no condition on the row can say.
  const wordsAlone = ftsTermsOf(text);
  if (terms.run !== undefined) wordsAlone.push(`"${runMark(hashId(terms.run, reader.seed()))}"`);
  const status = addStatus(parts, terms.status);
  return {
    words: joined([...parts.words, ...wordsAlone, ...status.words]),
    open: status.open ? { words: joined(wordsAlone) } : undefined,
    closed: status.closed,
    conditions: parts.conditions,
    params: parts.params,
    time,
    phrases: text.filter(isPhrase),
    run: terms.run,
  };
}

function joined(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' AND ');
}

/** Adds "one of them"; @returns false when the index has never seen any of the values. */
function addList(
  reader: IndexReader,
  parts: Parts,
  { field, values }: { readonly field: ListTerm; readonly values: readonly string[] | undefined },
): boolean {
  if (values === undefined) return true;
  if (values.length > MAX_VALUES)
    throw searchErrors.event_query_invalid(`"${field}" has more than ${MAX_VALUES} values.`);
  const fields: readonly NameField[] = field === 'actor' ? ['actor', 'actor_name'] : [field];
  const found = new Set<number>();
  const conditions: string[] = [];
  for (const name of fields) {
    const numbers = values.flatMap((value) => numbersOf(reader, name, value));
    if (numbers.length === 0) continue;
    for (const number of numbers) found.add(number);
    conditions.push(`e.${name} IN (${numbers.map(() => '?').join(', ')})`);
    parts.params.push(...numbers);
  }
  if (found.size === 0) return false;
  parts.words.push(anyOf([...found].map(nameMark)));
  parts.conditions.push(`(${conditions.join(' OR ')})`);
  return true;
}

function numbersOf(reader: IndexReader, field: NameField, value: string): number[] {
  if (field === 'kind' && value.endsWith('.*'))
    return reader.nameNumbersBelow(field, value.slice(0, -1));
  const number = reader.nameNumber(field, value);
  return number === undefined ? [] : [number];
}

function addMinCost(parts: Parts, amount: string): void {
  const nanos = nanosOf(amount);
  parts.words.push(anyOf(costMarksFrom(nanos)));
  parts.conditions.push('e.cost >= ?');
  parts.params.push(nanos);
}

function addTime(parts: Parts, { sinceNs, untilNs }: EventTerms): CompiledTerms['time'] {
  if (sinceNs === undefined && untilNs === undefined) return undefined;
  let [fromUs, toUs] = [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  if (sinceNs !== undefined) {
    const { us, restNs } = instantOfNs(sinceNs);
    fromUs = us;
    parts.conditions.push('(e.time_us > ? OR (e.time_us = ? AND e.time_rest >= ?))');
    parts.params.push(us, us, restNs);
  }
  if (untilNs !== undefined) {
    const { us, restNs } = instantOfNs(untilNs);
    toUs = us;
    parts.conditions.push('(e.time_us < ? OR (e.time_us = ? AND e.time_rest < ?))');
    parts.params.push(us, us, restNs);
  }
  return { fromUs, toUs };
}

function addStatus(
  parts: Parts,
  statuses: EventTerms['status'],
): { readonly words: string[]; readonly open: boolean; readonly closed: boolean } {
  if (statuses === undefined) return { words: [], open: false, closed: true };
  const numbers = [...new Set(statuses)].map((status) => STATUS_NUMBERS[status]);
  parts.conditions.push(`e.status IN (${numbers.map(() => '?').join(', ')})`);
  parts.params.push(...numbers);
  const closed = numbers.filter((number) => number !== STATUS_NUMBERS.open);
  return {
    words: closed.length === 0 ? [] : [anyOf(closed.map(statusMark))],
    open: closed.length < numbers.length,
    closed: closed.length > 0,
  };
}

function anyOf(marks: readonly string[]): string {
  return `(${marks.map((mark) => `"${mark}"`).join(' OR ')})`;
}
