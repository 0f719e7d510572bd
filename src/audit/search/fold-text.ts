/**
 * Text as search sees it: lower case, without accents, words of letters and digits. FTS5 gets its
 * result and splits it with its `ascii` tokenizer, which agrees with `tokensOf` on folded text.
 */
const NOT_ASCII = /[\u0080-\uffff]/;
const MARKS = /\p{M}+/gu;
const NOT_WORD = /[^\p{L}\p{N}]+/gu;
/** Scripts that put no spaces between words: each sign is a word, and words are phrases. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/gu;
const TOKEN = /[a-z0-9\u0080-\u{10ffff}]+/gu;
const SHORTER_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|[bfnrt])/g;

/** What lies outside ASCII afterwards is a letter or a digit, so marks of ours cannot be typed. */
export function foldText(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(MARKS, '')
    .replace(NOT_WORD, ' ')
    .replace(UNSPACED, ' $& ');
}

/** @param folded what foldText made */
export function tokensOf(folded: string): string[] {
  return folded.match(TOKEN) ?? [];
}

/** JSON text with its escapes undone, so that `\nword` is found as `word`. */
export function withoutJsonEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(SHORTER_ESCAPE, (_, code: string | undefined) =>
    code === undefined ? ' ' : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
