/**
 * Finds secret values in bytes, whatever usual encoding they were put into on the way. A value is
 * looked for as itself, backwards, as base64 at each of its three alignments, and as hexadecimal;
 * and each character of any of these as itself, percent-encoded, escaped as in JSON, JavaScript,
 * HTML or quoted-printable, mixed at will, with the zero bytes of UTF-16 and UTF-32 around it and,
 * in base64 and hexadecimal, with line breaks between.
 *
 * What two characters a match may begin with is looked up in a table of all pairs of bytes, so
 * that text without a value costs one look-up for each byte.
 */

import { BACKSLASH, isEscape, MORE, matchEscape, simpleEscape } from './match-escape.ts';

export interface SecretValue {
  readonly name: string;
  readonly value: string;
}

interface Pattern {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal: the case of letters is no difference. */
  readonly anyCase: boolean;
  /** base64url stands for base64, too; line breaks may lie between. */
  readonly text64: boolean;
}

export interface Match {
  readonly name: string;
  readonly end: number;
}

/** The bytes end before it is clear whether there is a match. */
export const NEEDS_MORE = 'more';

/** Shorter ones are found in any text, and protect nothing. */
const SHORTEST = 4;
/** Of encoded forms, whose ends are cut to whole characters. */
const SHORTEST_ENCODED = 6;
const PAIRS = 65_536;
const ESCAPES = Buffer.from('%\\&=+\0');

export class ValueMatcher {
  readonly #patterns: Pattern[] = [];
  /** 1 where a match may begin with this byte and the next. */
  readonly #begins = new Uint8Array(PAIRS);
  /** 1 where a match may begin with this byte, whatever comes next. */
  readonly #first = new Uint8Array(256);
  /** 1 for what a pattern begins with, as itself. */
  readonly #characters = new Uint8Array(256);

  constructor(values: readonly SecretValue[]) {
    for (const { name, value } of values) this.#add(name, value);
    // A longer value wins over one that it begins with.
    this.#patterns.sort((a, b) => b.bytes.length - a.bytes.length);
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
    for (const pattern of this.#patterns) {
      const end = matchPattern(pattern, bytes, at);
      if (end > 0) return more ? NEEDS_MORE : { name: pattern.name, end };
      if (end === MORE && !last) more = true;
    }
    return more ? NEEDS_MORE : undefined;
  }

  /** Most escapes in a text are `\\"` and `\\n`: seen off before each pattern is asked. */
  #mayEscape(bytes: Uint8Array, at: number): boolean {
    if (this.#characters[bytes[at] as number] === 1) return true;
    const value = simpleEscape(bytes, at);
    return value === undefined || this.#characters[value] === 1;
  }

  #add(name: string, value: string): void {
    for (const text of new Set([value, value.trim()])) {
      const bytes = Buffer.from(text, 'utf8');
      const plainText = text.replace(REPEATED, (row) => row.slice(0, 1));
      if (bytes.length < SHORTEST) continue;
      const plain = { name, anyCase: false, text64: false };
      const shown = Buffer.from(plainText, 'utf8');
      this.#patterns.push({ ...plain, bytes: shown });
      // In an encoding that has no such rows the value is there as it is.
      if (!shown.equals(bytes)) this.#patterns.push({ ...plain, bytes });
      this.#patterns.push({ ...plain, bytes: Uint8Array.from(shown).reverse() });
      const latin = Buffer.from(plainText, 'latin1');
      if (!latin.equals(shown)) this.#patterns.push({ ...plain, bytes: latin });
      const hex = Buffer.from(bytes.toString('hex'));
      this.#patterns.push({ ...plain, bytes: hex, anyCase: true, text64: true });
      for (const form of base64Forms(bytes))
        this.#patterns.push({ ...plain, bytes: form, text64: true });
      // What is itself text in UTF-16, encoded whole.
      for (const form of base64Forms(Buffer.from(text, 'utf16le')))
        this.#patterns.push({ ...plain, bytes: form, text64: true });
    }
  }

  #index(pattern: Pattern): void {
    const [first, second] = pattern.bytes;
    if (first === undefined || second === undefined) return;
    for (const a of formsOf(pattern, first)) {
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

/** The three ways in which bytes lie in a base64 text, without what their neighbours decide. */
function base64Forms(bytes: Buffer): Uint8Array[] {
  const forms: Uint8Array[] = [];
  for (let before = 0; before < 3; before++) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const from = before === 0 ? 0 : before + 1;
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const form = Buffer.from(text.slice(from, to));
    if (form.length >= SHORTEST_ENCODED) forms.push(form);
  }
  return forms;
}

function formsOf(pattern: Pattern, byte: number): number[] {
  const forms = [byte];
  if (pattern.anyCase && byte >= 0x61) forms.push(byte - 0x20);
  if (pattern.text64 && byte === 0x2b) forms.push(0x2d);
  if (pattern.text64 && byte === 0x2f) forms.push(0x5f);
  return forms;
}

/** @returns the end of the match, MORE, or NO */
function matchPattern(pattern: Pattern, bytes: Uint8Array, from: number): number {
  let at = from;
  for (let i = 0; i < pattern.bytes.length; i++) {
    if (i > 0) {
      at = skipBetween(pattern, { bytes, from: at, wanted: pattern.bytes[i] as number });
      if (at < 0) return at;
    }
    if (at >= bytes.length) return MORE;
    const wanted = pattern.bytes[i] as number;
    const got = bytes[at] as number;
    const last = i + 1 === pattern.bytes.length;
    if (same(pattern, wanted, got)) {
      at = REPEATS.has(wanted) ? matchEscapable(wanted, { bytes, at, last }) : at + 1;
      if (at < 0) return at;
      continue;
    }
    at = matchEscape(bytes, at, (value) => same(pattern, wanted, value));
    if (at < 0) return at;
  }
  return at;
}

function same(pattern: Pattern, wanted: number, got: number): boolean {
  if (wanted === got) return true;
  if (pattern.anyCase) return wanted >= 0x61 && got === wanted - 0x20;
  if (!pattern.text64) return false;
  return (wanted === 0x2b && got === 0x2d) || (wanted === 0x2f && got === 0x5f);
}

/** What an escape character is followed by when it was escaped itself, any number of times. */
const REPEATS: ReadonlyMap<number, Buffer> = new Map([
  [0x5c, Buffer.from('\\')],
  [0x26, Buffer.from('amp;')],
  [0x25, Buffer.from('25')],
  [0x3d, Buffer.from('3D')],
]);
const REPEATED = /\\\\+|&(amp;)+|%(25)+|=(3D)+/gi;

/** A character that escapes begin with: written as such an escape, or as itself. */
function matchEscapable(
  wanted: number,
  by: { readonly bytes: Uint8Array; readonly at: number; readonly last: boolean },
): number {
  const escaped = matchEscape(by.bytes, by.at, (value) => value === wanted);
  if (escaped === MORE && !by.last) return MORE;
  // The next backslash may begin the escape of the next character.
  if (escaped > 0 && wanted === BACKSLASH) return escaped;
  const end = escaped > 0 ? escaped : by.at + 1;
  const after = skipRepeats(wanted, by.bytes, end);
  return after === MORE && !by.last ? MORE : Math.max(end, after);
}

/** 0 for what is no letter. */
function lowerCase(byte: number): number {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower : 0;
}

/** @returns where the row of them ends, or MORE */
function skipRepeats(character: number, bytes: Uint8Array, from: number): number {
  const token = REPEATS.get(character);
  if (token === undefined) return from;
  for (let at = from; ; at += token.length) {
    const there = bytes.subarray(at, at + token.length);
    const same = there.every(
      (byte, i) => byte === token[i] || (byte | 0x20) === lowerCase(token[i] ?? 0),
    );
    if (!same) return at;
    if (there.length < token.length) return there.length === 0 ? at : MORE;
  }
}

/** Zero bytes of wide characters, soft line breaks, and line breaks of what is wrapped. */
function skipBetween(
  pattern: Pattern,
  by: { readonly bytes: Uint8Array; readonly from: number; readonly wanted: number },
): number {
  const { bytes, wanted } = by;
  let at = by.from;
  for (let zeros = 0; zeros < 3 && bytes[at] === 0; zeros++) at++;
  if (pattern.text64) {
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
