import type { RedactPattern } from '../../contracts/trail.ts';
import { type Found, findSecrets } from './find-secrets.ts';
import type { PathMatcher } from './path-matcher.ts';
import { decodeString, type JsonPlace, scanJson } from './scan-json.ts';

export interface RedactionRules {
  readonly matcher: PathMatcher;
  readonly patterns: readonly RedactPattern[];
}

export interface Redacted {
  readonly text: string;
  readonly count: number;
}

/** Stands where a named value stood. */
export const NAMED = '"[redacted]"';
/** Stands where nobody can say what a path would have named. */
export const UNREADABLE = '[redacted:unreadable]';

export function redactText(text: string, patterns: readonly RedactPattern[]): Redacted {
  const found = findSecrets(text, patterns);
  if (found.length === 0) return { text, count: 0 };
  let out = '';
  let from = 0;
  for (const { start, end, pattern } of found) {
    out += `${text.slice(from, start)}[redacted:${pattern}]`;
    from = end;
  }
  return { text: out + text.slice(from), count: found.length };
}

/**
 * Takes named values and patterns out of JSON, and leaves every other character as it was.
 * What follows a mistake in it is taken out too when there are paths: they cannot be followed there.
 */
export function redactJson(text: string, rules: RedactionRules): Redacted {
  const { places, malformedAt } = scanJson(text, rules.matcher);
  const unreadable = malformedAt !== undefined && rules.matcher.size > 0;
  const readable = unreadable ? text.slice(0, malformedAt) : text;
  const found = findSecrets(readable, rules.patterns);
  const merged = mergePlaces(readable, { places, found, patterns: rules.patterns });
  if (!unreadable) return merged;
  return { text: merged.text + UNREADABLE, count: merged.count + 1 };
}

function mergePlaces(
  text: string,
  by: {
    readonly places: readonly JsonPlace[];
    readonly found: readonly Found[];
    readonly patterns: readonly RedactPattern[];
  },
): Redacted {
  let out = '';
  let from = 0;
  let count = 0;
  const put = (start: number, end: number, instead: string) => {
    out += text.slice(from, start) + instead;
    from = end;
    count++;
  };
  let next = 0;
  const putFoundBefore = (limit: number) => {
    for (let found = by.found[next]; found !== undefined; found = by.found[++next]) {
      if (found.start >= limit) return;
      // A block of a key may reach far: what a place had to say about it has been said.
      if (found.start >= from) put(found.start, found.end, `[redacted:${found.pattern}]`);
    }
  };
  for (const { kind, start, end } of by.places) {
    putFoundBefore(start);
    if (start < from) {
      if (end > from && kind === 'named') put(from, end, NAMED);
      continue;
    }
    while ((by.found[next]?.start ?? end) < end) next++;
    if (kind === 'named') {
      put(start, end, NAMED);
      continue;
    }
    const inside = redactToken(text.slice(start, end), by.patterns);
    if (inside.count === 0) continue;
    put(start, end, inside.text);
    count += inside.count - 1;
  }
  putFoundBefore(text.length);
  return { text: out + text.slice(from), count };
}

/** A string with escapes, or a number. */
function redactToken(raw: string, patterns: readonly RedactPattern[]): Redacted {
  if (!raw.startsWith('"')) {
    const { text, count } = redactText(raw, patterns);
    return { text: JSON.stringify(text), count };
  }
  const value = decodeString(raw);
  if (value === undefined) return { text: JSON.stringify(UNREADABLE), count: 1 };
  const { text, count } = redactText(value, patterns);
  return { text: JSON.stringify(text), count };
}
