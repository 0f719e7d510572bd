/** What stands between the bytes of a value that was written as a list of numbers. */
import { BACKSLASH, MORE, NO } from './match-escape.ts';

/** Of indented JSON, nested deeply; longer ones are no list that a value was written as. */
const LONGEST = 96;
const MOST_INDEX_DIGITS = 5;
const SEPARATORS = new Set(Buffer.from(' \t,;:|._/-'));
const QUOTES = new Set(Buffer.from('"\''));
const CONTROLS = new Set(Buffer.from('nrt'));

/**
 * `115, 107`, `73:6b`, `"115","107"`, over lines as indented JSON is, and with what JavaScript's
 * JSON of a Uint8Array puts before each number: `{"0":115,"1":107}`. Also where that was escaped.
 * @returns where the next number begins, `from` where it follows at once; MORE; or NO
 */
export function skipListSeparators(bytes: Uint8Array, from: number): number {
  let at = from;
  let lineBreaks = 0;
  while (at - from <= LONGEST) {
    const byte = bytes[at];
    if (byte === undefined) return MORE;
    if (byte === 10 || byte === 13) {
      // Events of streams end with a blank line, which no list has: they are not to be held back.
      if (++lineBreaks > 1) return NO;
      at += byte === 13 && bytes[at + 1] === 10 ? 2 : 1;
    } else if (QUOTES.has(byte)) {
      const end = skipIndex(bytes, at);
      if (end === MORE) return MORE;
      at = end;
    } else if (byte === BACKSLASH) at += CONTROLS.has(bytes[at + 1] as number) ? 2 : 1;
    else if (SEPARATORS.has(byte)) at++;
    else return at;
  }
  return NO;
}

/** @param at of a quote @returns behind the index and its colon; behind the quote where there is none */
function skipIndex(bytes: Uint8Array, at: number): number {
  let next = at + 1;
  while (isDigit(bytes[next]) && next - at <= MOST_INDEX_DIGITS) next++;
  const hasDigits = next > at + 1;
  while (bytes[next] === BACKSLASH && next - at <= LONGEST) next++;
  if (hasDigits && bytes[next] === bytes[at]) {
    next++;
    while (bytes[next] === 0x20 && next - at <= LONGEST) next++;
    if (bytes[next] === 0x3a) return next + 1;
  }
  return next >= bytes.length ? MORE : at + 1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The `0x` of a number in code. @returns `at` where there is none; or MORE */
export function skipHexPrefix(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x30) return at;
  const second = bytes[at + 1];
  if (second === undefined) return MORE;
  return (second | 0x20) === 0x78 ? at + 2 : at;
}
