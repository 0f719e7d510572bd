import { NextByte } from './next-byte.ts';

/** So far a string's end is looked for byte by byte, and then natively. */
const NEAR_BYTES = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where JSON strings end in a chunk, asked at indexes that only grow. */
export class StringEnds {
  readonly #bytes: Buffer;
  readonly #quotes: NextByte;
  readonly #escapes: NextByte;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#quotes = new NextByte(bytes, QUOTE);
    this.#escapes = new NextByte(bytes, BACKSLASH);
  }

  /** @returns index of the closing quote; length: it goes on; length + 1: the last byte escapes the next */
  from(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    let i = start;
    while (i < length) {
      for (const near = Math.min(length, i + NEAR_BYTES); i < near; i++) {
        if (bytes[i] === QUOTE) return i;
        if (bytes[i] === BACKSLASH) i++;
      }
      if (i >= length) return i;
      const quote = this.#quotes.from(i);
      const escaped = this.#escapes.from(i);
      if (quote < escaped) return quote;
      if (escaped === length) return length;
      i = escaped + 2;
    }
    return i;
  }
}
