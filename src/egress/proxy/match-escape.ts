/** Characters as they are escaped in URLs, JSON, JavaScript, HTML and quoted-printable. */

/** The bytes end before it is clear what is there. */
export const MORE = -1;
export const NO = -2;

/** A backslash may be escaped again and again, and so may `%` and `&`. */
const LONGEST_ESCAPE = 24;
const MOST_BACKSLASHES = 12;
export const BACKSLASH = 0x5c;
type Read = (text: string) => { readonly value: number; readonly length: number } | undefined;

function number(pattern: RegExp, base: number): Read {
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    return { value: Number.parseInt(match[1] ?? '', base), length: match[0].length };
  };
}

function named(pattern: RegExp, values: Readonly<Record<string, number>>): Read {
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const name = match[1] ?? '';
    return { value: values[name] ?? name.charCodeAt(0), length: match[0].length };
  };
}

const CONTROLS = { n: 10, r: 13, t: 9, b: 8, f: 12 };
const ENTITIES = { amp: 0x26, lt: 0x3c, gt: 0x3e, quot: 0x22, apos: 0x27, nbsp: 0x20 };

/** By the byte that they begin with: ways to read it, and what one looks like that is cut off. */
const ESCAPES_BY_START: ReadonlyMap<number, { readonly reads: Read[]; readonly cut: RegExp }> =
  new Map([
    [
      0x25,
      {
        reads: [number(/^%([0-9a-f]{2})/i, 16), number(/^%25(?:25){0,3}([0-9a-f]{2})/i, 16)],
        cut: /^%(?:25){0,4}[0-9a-f]?$/i,
      },
    ],
    [0x3d, { reads: [number(/^=([0-9a-f]{2})/i, 16)], cut: /^=[0-9a-f]?$/i }],
    [
      BACKSLASH,
      {
        reads: [
          number(/^\\{1,12}u([0-9a-f]{4})/i, 16),
          number(/^\\{1,12}u\{([0-9a-f]{1,6})\}/i, 16),
          number(/^\\{1,12}x([0-9a-f]{2})/i, 16),
          number(/^\\{1,12}([0-7]{3})/, 8),
          named(/^\\{1,12}([nrtbf])/, CONTROLS),
          named(/^\\{1,12}([^\\uxnrtbf0-7])/s, {}),
        ],
        cut: /^\\{1,12}(?:u[0-9a-f]{0,3}|u\{[0-9a-f]{0,6}|x[0-9a-f]?|[0-7]{0,2})$/i,
      },
    ],
    [
      0x26,
      {
        reads: [
          number(/^&(?:amp;){0,2}#x([0-9a-f]{1,8});/i, 16),
          number(/^&(?:amp;){0,2}#([0-9]{1,8});/i, 10),
          named(/^&(?:amp;){0,2}(amp|lt|gt|quot|apos|nbsp);/, ENTITIES),
          named(/^&(amp);/, ENTITIES),
        ],
        cut: /^&(?:amp;){0,2}(?:#(?:x[0-9a-f]{0,8}|[0-9]{0,8})|[a-z]{0,4})$/i,
      },
    ],
    [0x2b, { reads: [() => ({ value: 0x20, length: 1 })], cut: /^$/ }],
  ]);

/** What the bytes at one place may stand for. */
export interface ReadEscapes {
  readonly found: readonly { readonly value: number; readonly length: number }[];
  /** They may be the beginning of an escape that goes on. */
  readonly cut: boolean;
}

/** Reads each place once, however many patterns ask: text full of escapes must not cost more with each. */
export class EscapeReader {
  readonly #bytes: Uint8Array;
  #known: Map<number, ReadEscapes> | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @returns undefined: no escape begins so */
  at(at: number): ReadEscapes | undefined {
    const escapes = ESCAPES_BY_START.get(this.#bytes[at] as number);
    if (escapes === undefined) return undefined;
    this.#known ??= new Map();
    let read = this.#known.get(at);
    if (read !== undefined) return read;
    const { buffer, byteOffset, length } = this.#bytes;
    const text = Buffer.from(buffer, byteOffset, length).toString(
      'latin1',
      at,
      at + LONGEST_ESCAPE,
    );
    read = {
      found: escapes.reads.flatMap((one) => one(text) ?? []),
      cut: text.length < LONGEST_ESCAPE && escapes.cut.test(text),
    };
    this.#known.set(at, read);
    return read;
  }

  /** @returns the end of an escape at `at` that stands for what is `wanted`, MORE, or NO */
  match(at: number, wanted: (value: number) => boolean): number {
    const read = this.at(at);
    if (read === undefined) return NO;
    const found = read.found.find(({ value }) => wanted(value));
    if (found !== undefined) return at + found.length;
    return read.cut ? MORE : NO;
  }
}

export function isEscape(byte: number): boolean {
  return byte === BACKSLASH || byte === 0x25 || byte === 0x26 || byte === 0x3d || byte === 0x2b;
}

/**
 * What an escape stands for, where that is seen at once.
 * @returns undefined: only a closer look tells; 256: nothing that a byte could be
 */
export function simpleEscape(bytes: Uint8Array, at: number): number | undefined {
  const start = bytes[at];
  if (start === 0x2b) return 0x20;
  if (start === 0x25 || start === 0x3d) {
    const high = hexDigit(bytes[at + 1]);
    const low = hexDigit(bytes[at + 2]);
    // %25… may be the beginning of more.
    if (high === undefined || low === undefined || (high === 2 && low === 5)) return undefined;
    return high * 16 + low;
  }
  if (start !== BACKSLASH) return undefined;
  let next = at + 1;
  while (bytes[next] === BACKSLASH)
    // Of a longer row the end is read, at its own place: each byte costs the same, however long.
    if (++next - at > MOST_BACKSLASHES) return 256;
  const character = bytes[next];
  if (character === undefined || (character >= 0x30 && character <= 0x37)) return undefined;
  // u x n r t b f
  if (character === 0x75) return unicodeEscape(bytes, next + 1);
  if (character === 0x6e) return 10;
  if (character === 0x72 || character === 0x74 || character === 0x62 || character === 0x66)
    return undefined;
  return character === 0x78 ? undefined : character;
}

function unicodeEscape(bytes: Uint8Array, at: number): number | undefined {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(bytes[at + i]);
    if (digit === undefined) return undefined;
    value = value * 16 + digit;
  }
  return Math.min(value, 256);
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}
