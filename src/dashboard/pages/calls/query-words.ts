/** What is typed into the search box: `agent:desk status:error,refused "refund failed"`. */
import {
  type CallTerms,
  EVERY_KIND,
  isListTerm,
  STATUSES,
  TERMS,
  type TermName,
  wordsOf,
} from './call-terms.ts';

export interface ParsedQuery {
  readonly terms: CallTerms;
  /** What was understood and cannot be: a sentence each. */
  readonly problems: readonly string[];
}

const MAX_CHARACTERS = 5_000;
/** `agent:desk`, `tool:"look up"`, a phrase in quotes, or a word. */
const PART = /([A-Za-z-]+):("(?:[^"\\]|\\.)*"|[^\s"]+)(?=\s|$)|"[^"]*"|\S+/gsu;
const PLAIN_VALUE = /^[^\s"\\]+$/u;

export function parseQuery(typed: string): ParsedQuery {
  const terms: Partial<Record<TermName, string>> = {};
  const words: string[] = [];
  const problems: string[] = [];
  for (const [part, label, value] of typed.slice(0, MAX_CHARACTERS).matchAll(PART)) {
    const name = label === undefined ? undefined : termNamed(label);
    if (name === undefined || value === undefined) {
      words.push(part);
      continue;
    }
    const meant = value.startsWith('"') ? unquoted(value) : value;
    const problem = problemOf(name, meant);
    if (problem !== undefined) problems.push(problem);
    else if (name === 'text') words.push(meant);
    else terms[name] = isListTerm(name) ? joined(terms[name], meant) : meant;
  }
  if (words.length > 0) terms.text = words.join(' ');
  return { terms, problems };
}

/** The other way: parsed again it gives the same terms. */
export function formatQuery(terms: CallTerms): string {
  const parts: string[] = [];
  for (const name of TERMS) {
    const value = terms[name];
    if (value === undefined) continue;
    if (name === 'text' && isPlainText(value)) parts.push(value);
    else parts.push(`${labelOf(name)}:${PLAIN_VALUE.test(value) ? value : quoted(value)}`);
  }
  return parts.join(' ');
}

export function labelOf(name: TermName): string {
  return name === 'minCost' ? 'min-cost' : name;
}
function termNamed(label: string): TermName | undefined {
  return TERMS.find((name) => label === name || label === labelOf(name));
}

function problemOf(name: TermName, value: string): string | undefined {
  if (value === '') return `${labelOf(name)}: has no value.`;
  if (name === 'status') {
    const wrong = wordsOf(value).find((word) => !(STATUSES as readonly string[]).includes(word));
    return wrong === undefined ? undefined : `status:${wrong} is none of ${STATUSES.join(', ')}.`;
  }
  if (name === 'run' && !/^[0-9a-f]{32}$/.test(value))
    return `run:${value} is no run: its id has 32 hexadecimal digits.`;
  if (name === 'minCost' && !/^\d{1,18}(\.\d{1,18})?$/.test(value))
    return `min-cost:${value} is no decimal number such as 0.05.`;
  if (name === 'kind' && value !== EVERY_KIND) {
    const wrong = wordsOf(value).find((word) => !/^[a-z][a-z0-9_.]*(\.\*)?$/.test(word));
    if (wrong !== undefined) return `kind:${wrong} is no kind such as gateway.call or egress.*.`;
  }
  return undefined;
}

function joined(before: string | undefined, value: string): string {
  return [...new Set([...wordsOf(before), ...wordsOf(value)])].join(',');
}

/** Would be read as the words that they are. */
function isPlainText(text: string): boolean {
  return text.length <= MAX_CHARACTERS && parseQuery(text).terms.text === text && noTerms(text);
}
function noTerms(text: string): boolean {
  const { terms, problems } = parseQuery(text);
  return Object.keys(terms).length === 1 && problems.length === 0;
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
function unquoted(value: string): string {
  return value.slice(1, -1).replace(/\\(.)/gsu, '$1');
}
