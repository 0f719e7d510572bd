/**
 * Finds secret values in bytes, whatever usual encoding they were put into on the way. A value is
 * looked for as itself, backwards, as base64 at each of its three alignments, once or twice, as
 * hexadecimal, and as a list of its bytes' numbers; and each character of any of these as itself,
 * percent-encoded, escaped as in JSON, JavaScript, HTML or quoted-printable, mixed at will, with the
 * zero bytes of UTF-16 and UTF-32 around it and, in base64 and hexadecimal, with line breaks between.
 *
 * What two characters a match may begin with is looked up in a table of all pairs of bytes, so
 * that text without a value costs one look-up for each byte.
 */

import { skipHexPrefix, skipListSeparators } from './list-separators.ts';
import { BACKSLASH, EscapeReader, isEscape, MORE, NO, simpleEscape } from './match-escape.ts';
import {
  formsOf,
  LIST_SEPARATOR,
  lowerCase,
  type Pattern,
  patternsOf,
  type SecretValue,
  same,
} from './value-patterns.ts';

export type { SecretValue } from './value-patterns.ts';

export interface Match {
  readonly name: string;
  readonly end: number;
}

/** The bytes end before it is clear whether there is a match. */
export const NEEDS_MORE = 'more';

const PAIRS = 65_536;
const ESCAPES = Buffer.from('%\\&=+\0');

export class ValueMatcher {
  readonly #patterns: readonly Pattern[];
  /** By the byte that they may begin with as itself. */
  readonly #byFirst: Pattern[][] = Array.from({ length: 256 }, () => []);
  /** 1 where a match may begin with this byte and the next. */
  readonly #begins = new Uint8Array(PAIRS);
  /** 1 where a match may begin with this byte, whatever comes next. */
  readonly #first = new Uint8Array(256);
  /** 1 for what a pattern begins with, as itself. */
  readonly #characters = new Uint8Array(256);

  constructor(values: readonly SecretValue[]) {
    // A longer value wins over one that it begins with.
    this.#patterns = values.flatMap(patternsOf).sort((a, b) => b.bytes.length - a.bytes.length);
    for (const pattern of this.#patterns) this.#index(pattern);
  }

  get empty(): boolean {
    return this.#patterns.length === 0;
  }

  /** The first place from `from` on where a match may begin; `bytes.length` when there is none. */
  candidate(bytes: Uint8Array, from: number): number {
    const begins = this.#begins;
    const last = bytes.length - 1;
    let at = from;
    for (; at < last; at++)
      if (begins[((bytes[at] as number) << 8) | (bytes[at + 1] as number)] === 1)
        if (!isEscape(bytes[at] as number) || this.#mayEscape(bytes, at)) return at;
    return at === last && this.#first[bytes[at] as number] === 1 ? at : bytes.length;
  }

  /**
   * What begins at `at`: a match, nothing, or what only more bytes can tell, unless these are the
   * `last`.
   */
  matchAt(
    bytes: Uint8Array,
    { at, last }: { readonly at: number; readonly last: boolean },
  ): Match | typeof NEEDS_MORE | undefined {
    let more = false;
    const text = { bytes, escapes: new EscapeReader(bytes) };
    for (const pattern of this.#beginningAt(text, at)) {
      const end = matchPattern(pattern, text, at);
      if (end > 0) return more ? NEEDS_MORE : { name: pattern.name, end };
      if (end === MORE && !last) more = true;
    }
    return more ? NEEDS_MORE : undefined;
  }

  /** A few of the patterns, or all of them where that is not seen at once. */
  #beginningAt({ bytes, escapes }: Text, at: number): readonly Pattern[] {
    const asItself = this.#byFirst[bytes[at] as number] ?? NONE;
    const read = escapes.at(at);
    if (read === undefined) return asItself;
    if (read.cut) return this.#patterns;
    const lists = new Set([
      asItself,
      ...read.found.map(({ value }) => this.#byFirst[value] ?? NONE),
    ]);
    const [only = NONE, ...others] = [...lists].filter((list) => list.length > 0);
    return others.length === 0 ? only : this.#patterns;
  }

  /** Most escapes in a text are `\\"` and `\\n`: seen off before each pattern is asked. */
  #mayEscape(bytes: Uint8Array, at: number): boolean {
    if (this.#characters[bytes[at] as number] === 1) return true;
    const value = simpleEscape(bytes, at);
    return value === undefined || this.#characters[value] === 1;
  }

  #index(pattern: Pattern): void {
    const [first, second] = pattern.bytes;
    if (first === undefined || second === undefined) return;
    for (const a of formsOf(pattern, first)) {
      this.#byFirst[a]?.push(pattern);
      this.#first[a] = 1;
      this.#characters[a] = 1;
      for (const b of formsOf(pattern, second)) this.#begins[(a << 8) | b] = 1;
      for (const b of ESCAPES) this.#begins[(a << 8) | b] = 1;
      if (pattern.text64) for (const b of [10, 13]) this.#begins[(a << 8) | b] = 1;
    }
    // An escape may be that of the first character: which one, only a closer look tells.
    const hex = [...'0123456789abcdefABCDEF'].map((c) => c.charCodeAt(0));
    const after: [string, number[]][] = [
      ['%', hex],
      ['=', hex],
      ['\\', Array.from({ length: 256 }, (_, b) => b)],
      ['&', [...Buffer.from('#aglqn')]],
      ['+', first === 0x20 ? Array.from({ length: 256 }, (_, b) => b) : []],
    ];
    for (const [begin, next] of after) {
      const a = begin.charCodeAt(0);
      if (next.length > 0) this.#first[a] = 1;
      for (const b of next) this.#begins[(a << 8) | b] = 1;
    }
  }
}

const NONE: readonly Pattern[] = [];

interface Text {
  readonly bytes: Uint8Array;
  readonly escapes: EscapeReader;
}

/** @returns the end of the match, MORE, or NO */
function matchPattern(pattern: Pattern, text: Text, from: number): number {
  const { bytes, escapes } = text;
  let at = from;
  for (let i = 0; i < pattern.bytes.length; i++) {
    const wanted = pattern.bytes[i] as number;
    if (pattern.list === 'decimal' && wanted === LIST_SEPARATOR) {
      const next = skipListSeparators(bytes, at);
      if (next <= at) return next < 0 ? next : NO;
      at = next;
      continue;
    }
    if (i > 0) {
      at = skipBetween(pattern, { bytes, from: at, i });
      if (at < 0) return at;
    }
    if (at >= bytes.length) return MORE;
    const got = bytes[at] as number;
    const last = i + 1 === pattern.bytes.length;
    if (same(pattern, wanted, got)) {
      at = REPEATS.has(wanted) ? matchEscapable(wanted, { ...text, at, last }) : at + 1;
      if (at < 0) return at;
      continue;
    }
    at = escapes.match(at, (value) => same(pattern, wanted, value));
    if (at < 0) return at;
  }
  return at;
}

/** What an escape character is followed by when it was escaped itself, any number of times. */
const REPEATS: ReadonlyMap<number, Buffer> = new Map([
  [0x5c, Buffer.from('\\')],
  [0x26, Buffer.from('amp;')],
  [0x25, Buffer.from('25')],
  [0x3d, Buffer.from('3D')],
]);
/** Six times JSON in JSON make as many backslashes. */
const MOST_REPEATS = 64;

/** A character that escapes begin with: written as such an escape, or as itself. */
function matchEscapable(
  wanted: number,
  by: Text & { readonly at: number; readonly last: boolean },
): number {
  const escaped = by.escapes.match(by.at, (value) => value === wanted);
  if (escaped === MORE && !by.last) return MORE;
  // The next backslash may begin the escape of the next character.
  if (escaped > 0 && wanted === BACKSLASH) return escaped;
  const end = escaped > 0 ? escaped : by.at + 1;
  const after = skipRepeats(wanted, by.bytes, end);
  return after === MORE && !by.last ? MORE : Math.max(end, after);
}

/** @returns where the row of them ends, or is too long to be one; or MORE */
function skipRepeats(character: number, bytes: Uint8Array, from: number): number {
  const token = REPEATS.get(character);
  if (token === undefined) return from;
  const end = from + MOST_REPEATS * token.length;
  let at = from;
  for (; at < end; at += token.length) {
    let i = 0;
    while (i < token.length && isLetter(token[i] as number, bytes[at + i])) i++;
    if (i === token.length) continue;
    // Cut off inside of one.
    if (i > 0 && at + i >= bytes.length) return MORE;
    break;
  }
  return at;
}

/** In either case. */
function isLetter(wanted: number, byte: number | undefined): boolean {
  return byte === wanted || (byte !== undefined && (byte | 0x20) === lowerCase(wanted));
}

/** Zero bytes of wide characters, soft line breaks, line breaks of what is wrapped, separators. */
function skipBetween(
  pattern: Pattern,
  by: { readonly bytes: Uint8Array; readonly from: number; readonly i: number },
): number {
  const { bytes, i } = by;
  const wanted = pattern.bytes[i];
  let at = by.from;
  for (let zeros = 0; zeros < 3 && bytes[at] === 0; zeros++) at++;
  if (pattern.list === 'hexadecimal' && i % 2 === 0) {
    at = skipListSeparators(bytes, at);
    if (at >= 0) at = skipHexPrefix(bytes, at);
    if (at < 0) return at;
  } else if (pattern.text64) {
    // One line break: what is wrapped has no blank lines, and events of streams end with one.
    if (bytes[at] === 13) at++;
    if (bytes[at] === 10) at++;
    if (bytes[at] === 0x5c && (bytes[at + 1] === 0x6e || bytes[at + 1] === 0x72)) {
      at += 2;
      if (bytes[at] === 0x5c && bytes[at + 1] === 0x6e) at += 2;
    }
  }
  if (wanted !== 0x3d && bytes[at] === 0x3d && (bytes[at + 1] === 13 || bytes[at + 1] === 10)) {
    at += bytes[at + 1] === 13 && bytes[at + 2] === 10 ? 3 : 2;
  }
  return at;
}
