/** What a user typed behind --text: words that must all be there. No text can be a syntax error. */
import { searchErrors } from './errors.ts';
import { foldText, tokensOf } from './fold-text.ts';

/** Tokens next to each other in this order; one token is a word. */
export interface TextPart {
  readonly tokens: readonly string[];
  /** The last token is the beginning of a word. */
  readonly prefix: boolean;
}

const QUOTED_OR_WORD = /"([^"]*)"?|[^\s"]+/gu;

/**
 * A word with signs in it (`gpt-4o`, an e-mail address) is found as written: its parts next to
 * each other.
 * @throws event_query_invalid when there is no letter and no digit in it
 */
export function parseTextQuery(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  for (const match of text.matchAll(QUOTED_OR_WORD)) {
    const quoted = match[1];
    const tokens = tokensOf(foldText(quoted ?? match[0]));
    if (tokens.length === 0) continue;
    parts.push({ tokens, prefix: quoted === undefined && match[0].endsWith('*') });
  }
  if (parts.length === 0)
    throw searchErrors.event_query_invalid(
      'The text to search for has no letter and no digit in it.',
    );
  return parts;
}

/** The parts that an index without positions can only half answer. */
export function isPhrase(part: TextPart): boolean {
  return part.tokens.length > 1;
}

/** FTS5 terms for all tokens; phrases are checked afterwards. Tokens hold letters and digits only. */
export function ftsTermsOf(parts: readonly TextPart[]): string[] {
  return parts.flatMap(({ tokens, prefix }) =>
    tokens.map((token, i) => (prefix && i === tokens.length - 1 ? `"${token}" *` : `"${token}"`)),
  );
}

/** Do they all stand in one of these texts each? @param folded pieces of an event's text */
export function matchesText(parts: readonly TextPart[], folded: readonly string[]): boolean {
  const pieces = folded.map(tokensOf);
  return parts.every((part) => pieces.some((tokens) => hasPart(tokens, part)));
}

function hasPart(tokens: readonly string[], part: TextPart): boolean {
  const last = part.tokens.length - 1;
  return tokens.some((_, at) =>
    part.tokens.every((token, i) => {
      const found = tokens[at + i];
      if (found === undefined) return false;
      return part.prefix && i === last ? found.startsWith(token) : found === token;
    }),
  );
}
