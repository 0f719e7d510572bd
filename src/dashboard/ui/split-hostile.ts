/** Text, or a character that cannot be seen or that changes what is around it: `U+202E`. */
export type Piece = string | { readonly name: string };

/**
 * What cannot be seen or changes what is around it: controls, format and bidirectional characters,
 * line and paragraph separators, halves of characters, everything that Unicode lets a renderer
 * ignore (but U+FE0F, which emoji carry); and more marks on one letter than any script has.
 */
const UNSEEN =
  /(?!\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\p{M}{4,}/gu;
/** The same, to look whether there is any: most text has none. */
const ANY_UNSEEN = new RegExp(UNSEEN.source, 'u');
/** More than these are counted and not shown one by one. */
const MAX_MARKS = 2_000;

interface SplitOptions {
  /** Characters at most; the rest is counted. */
  readonly max: number;
  /** Line breaks and tabs stay as they are. */
  readonly lines: boolean;
}

/** Splits text into what can be shown as it is and what must be named. */
export function splitHostile(
  text: string,
  { max, lines }: SplitOptions,
): { readonly pieces: readonly Piece[]; readonly left: number } {
  const cut = text.length > max ? cutAt(text, max) : text;
  if (!ANY_UNSEEN.test(cut)) return { pieces: [cut], left: text.length - cut.length };
  const pieces: Piece[] = [];
  let from = 0;
  let marks = 0;
  for (const match of cut.matchAll(UNSEEN)) {
    const [found] = match;
    if (lines && (found === '\n' || found === '\t')) continue;
    if (++marks > MAX_MARKS) break;
    if (match.index > from) pieces.push(cut.slice(from, match.index));
    pieces.push({ name: nameOf(found) });
    from = match.index + found.length;
  }
  const end = marks > MAX_MARKS ? from : cut.length;
  if (end > from) pieces.push(cut.slice(from, end));
  return { pieces, left: text.length - end };
}

/** Never between the halves of a character. */
function cutAt(text: string, max: number): string {
  const code = text.charCodeAt(max - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? max - 1 : max);
}

function nameOf(found: string): string {
  if (found === '\n') return '\\n';
  if (found === '\t') return '\\t';
  if (/^\p{M}{4,}$/u.test(found)) return `${[...found].length} marks`;
  return `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
