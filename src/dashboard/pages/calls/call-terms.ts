/** Search terms as they stand in the page’s address: those of `swarm logs` and of the API. */
import type { EventTermsQuery } from '../../../contracts/event-query.ts';

export const LIST_TERMS = [
  ...(['agent', 'tool', 'kind', 'status', 'actor', 'provider', 'model', 'machine'] as const),
];
export const TERMS = [
  ...LIST_TERMS,
  ...(['run', 'since', 'until', 'minCost', 'text'] as const),
] as const satisfies readonly (keyof EventTermsQuery)[];
export type TermName = (typeof TERMS)[number];
export const STATUSES = ['open', 'ok', 'error', 'refused', 'unknown'] as const;

/** Lists with commas between their words; nothing is empty. */
export type CallTerms = Readonly<Partial<Record<TermName, string>>>;

/** No kind in the address: calls, in and out. */
export const CALL_KINDS = 'gateway.*,egress.call,egress.calls_refused,egress.connection';
/** `kind=all` in the address: every event. It is no kind, since those have a dot. */
export const EVERY_KIND = 'all';

export function termsOf(search: Readonly<Record<string, string | undefined>>): CallTerms {
  const terms: Partial<Record<TermName, string>> = {};
  for (const name of TERMS) {
    const value = search[name];
    if (value !== undefined && value.trim() !== '') terms[name] = value;
  }
  return terms;
}

/** As the API takes them. */
export function askedTerms(terms: CallTerms): CallTerms {
  const { kind = CALL_KINDS, ...others } = terms;
  return kind === EVERY_KIND ? others : { ...others, kind };
}

/**
 * As the live stream takes them. Who looks at what is open wants to see it end, so then all
 * states are asked for; `isShown` decides which of them are new rows.
 */
export function liveTerms(terms: CallTerms): CallTerms {
  const { status, ...others } = askedTerms(terms);
  return status === undefined || status.split(',').includes('open')
    ? others
    : { ...others, status };
}
export function isShown(terms: CallTerms, status: string): boolean {
  return terms.status === undefined || terms.status.split(',').includes(status);
}

export function isListTerm(name: TermName): boolean {
  return (LIST_TERMS as readonly string[]).includes(name);
}
export function wordsOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(',').filter((word) => word !== '');
}

/** One word of a list more; it is there once. */
export function withWord(terms: CallTerms, name: TermName, word: string): CallTerms {
  return { ...terms, [name]: [...new Set([...wordsOf(terms[name]), word])].join(',') };
}
/** One word of a list less, or the whole term when it is no list. */
export function withoutWord(terms: CallTerms, name: TermName, word: string): CallTerms {
  const { [name]: value, ...others } = terms;
  const left = isListTerm(name) ? wordsOf(value).filter((other) => other !== word) : [];
  return left.length === 0 ? others : { ...others, [name]: left.join(',') };
}
