/** The forms in which a value is looked for. */

export interface SecretValue {
  readonly name: string;
  readonly value: string;
}

export interface Pattern {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The case of letters is no difference: of hexadecimal, names of hosts and of headers. */
  readonly anyCase: boolean;
  /** base64url stands for base64, too; line breaks may lie between. */
  readonly text64: boolean;
  /**
   * The bytes of the value may stand apart, as numbers. In hexadecimal each takes two characters;
   * decimal ones have a LIST_SEPARATOR between them, which stands for whatever separates them.
   */
  readonly list?: 'hexadecimal' | 'decimal';
}

export const LIST_SEPARATOR = 0x2c;

/** Shorter ones are found in any text, and protect nothing. */
const SHORTEST = 4;
/** Of encoded forms, whose ends are cut to whole characters. */
const SHORTEST_ENCODED = 6;
/** Shorter ones may be words, that are written in both ways. */
const SHORTEST_ANY_CASE = 8;
/** Longer ones are not looked for in base64 of base64: that takes nine forms of each. */
const LONGEST_TWICE = 4_096;
/** Four numbers in a row may be an address, or a date. */
const SHORTEST_LIST = 6;
/** Longer ones are not looked for as decimal numbers, which take four times their length. */
const LONGEST_LIST = 4_096;
const REPEATED = /\\\\+|&(amp;)+|%(25)+|=(3D)+/gi;

export function patternsOf({ name, value }: SecretValue): Pattern[] {
  const patterns: Pattern[] = [];
  for (const text of new Set([value, value.trim()])) {
    const bytes = Buffer.from(text, 'utf8');
    const plainText = text.replace(REPEATED, (row) => row.slice(0, 1));
    if (bytes.length < SHORTEST) continue;
    const plain = { name, anyCase: bytes.length >= SHORTEST_ANY_CASE, text64: false };
    const coded = { name, anyCase: false, text64: true };
    const shown = Buffer.from(plainText, 'utf8');
    patterns.push({ ...plain, bytes: shown });
    // In an encoding that has no such rows the value is there as it is.
    if (!shown.equals(bytes)) patterns.push({ ...plain, bytes });
    patterns.push({ ...plain, bytes: Uint8Array.from(shown).reverse() });
    const latin = Buffer.from(plainText, 'latin1');
    if (!latin.equals(shown)) patterns.push({ ...plain, bytes: latin });
    const hex = Buffer.from(bytes.toString('hex'));
    const isList = bytes.length >= SHORTEST_LIST;
    const hexPattern = { ...coded, bytes: hex, anyCase: true };
    patterns.push(isList ? { ...hexPattern, list: 'hexadecimal' } : hexPattern);
    if (isList && bytes.length <= LONGEST_LIST)
      patterns.push({ ...coded, bytes: decimals(bytes), text64: false, list: 'decimal' });
    // The second: what is itself text in UTF-16, encoded whole.
    for (const encoded of [bytes, Buffer.from(text, 'utf16le')])
      for (const form of base64Forms(encoded)) patterns.push({ ...coded, bytes: form });
    if (bytes.length <= LONGEST_TWICE)
      for (const form of base64Twice(bytes)) patterns.push({ ...coded, bytes: form });
  }
  return patterns;
}

function decimals(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes.join(String.fromCharCode(LIST_SEPARATOR)));
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

/** As credentials lie in files that are encoded again; both alphabets inside. */
function base64Twice(bytes: Buffer): Uint8Array[] {
  const inside = base64Forms(bytes).map((form) => Buffer.from(form).toString('latin1'));
  const both = inside.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
  return [...new Set(both)].flatMap((text) => base64Forms(Buffer.from(text)));
}

/** What a byte of a pattern may be written as. */
export function formsOf(pattern: Pattern, byte: number): number[] {
  const forms = [byte];
  if (pattern.anyCase && lowerCase(byte) !== 0) forms.push(byte ^ 0x20);
  if (pattern.text64 && byte === 0x2b) forms.push(0x2d);
  if (pattern.text64 && byte === 0x2f) forms.push(0x5f);
  return forms;
}

export function same(pattern: Pattern, wanted: number, got: number): boolean {
  if (wanted === got) return true;
  if (pattern.anyCase) return got === (wanted ^ 0x20) && lowerCase(wanted) !== 0;
  if (!pattern.text64) return false;
  return (wanted === 0x2b && got === 0x2d) || (wanted === 0x2f && got === 0x5f);
}

/** 0 for what is no letter. */
export function lowerCase(byte: number): number {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower : 0;
}
