/**
 * Splits `text/event-stream` at any byte: lines end with LF, CR or CRLF, a blank one ends an event
 * (WHATWG HTML, section 9.2). Keeps nothing but a few bytes of a field's name.
 */
import { NextByte } from './next-byte.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const DATA = Buffer.from('data');
const LINE_BREAK = Buffer.from('\n');
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export interface EventStreamHandler {
  /** A part of the event's data; its lines are joined with LF. */
  data?(bytes: Buffer): void;
  /** @param end index in the pushed chunk behind the event's blank line */
  event(end: number): void;
}

type Part = 'name' | 'first' | 'value' | 'skip';

export class EventStreamReader {
  readonly #handler: EventStreamHandler;
  #part: Part = 'name';
  #name: number[] = [];
  #lineIsEmpty = true;
  #skipLf = false;
  #hasData = false;
  #atStart = 0;

  constructor(handler: EventStreamHandler) {
    this.#handler = handler;
  }

  push(bytes: Buffer): void {
    const lineFeeds = new NextByte(bytes, LF);
    const returns = new NextByte(bytes, CR);
    let i = this.#skipByteOrderMark(bytes);
    while (i < bytes.length) {
      if (this.#skipLf && bytes[i] === LF) {
        this.#skipLf = false;
        i++;
        continue;
      }
      this.#skipLf = false;
      const end = Math.min(lineFeeds.from(i), returns.from(i));
      if (end > i) this.#line(bytes.subarray(i, end));
      if (end === bytes.length) return;
      i = end + 1;
      if (bytes[end] === CR) {
        if (bytes[i] === LF) i++;
        else this.#skipLf = true;
      }
      this.#endLine(i);
    }
  }

  /** An event whose blank line never came counts, as SDKs count it. */
  end(): void {
    if (!this.#lineIsEmpty) this.#endLine(0);
    if (this.#hasData) this.#handler.event(0);
    this.#hasData = false;
  }

  #skipByteOrderMark(bytes: Buffer): number {
    let i = 0;
    while (i < bytes.length && bytes[i] === BYTE_ORDER_MARK[this.#atStart]) {
      this.#atStart++;
      i++;
    }
    if (i < bytes.length) this.#atStart = BYTE_ORDER_MARK.length;
    return i;
  }

  #endLine(next: number): void {
    const isBlank = this.#lineIsEmpty;
    if (this.#part === 'name' && this.#isData()) this.#beginData();
    this.#part = 'name';
    if (this.#name.length > 0) this.#name = [];
    this.#lineIsEmpty = true;
    if (!isBlank) return;
    this.#hasData = false;
    this.#handler.event(next);
  }

  /** A part of a line, without its end. */
  #line(bytes: Buffer): void {
    this.#lineIsEmpty = false;
    let i = 0;
    while (this.#part === 'name' && i < bytes.length) {
      const byte = bytes[i++] ?? 0;
      if (byte === COLON) {
        const isData = this.#isData();
        this.#part = isData ? 'first' : 'skip';
        if (isData) this.#beginData();
      } else if (this.#name.length >= DATA.length) this.#part = 'skip';
      else this.#name.push(byte);
    }
    if (this.#part === 'skip' || i >= bytes.length) return;
    if (this.#part === 'first') {
      this.#part = 'value';
      if (bytes[i] === SPACE) i++;
    }
    if (i < bytes.length) this.#handler.data?.(bytes.subarray(i));
  }

  #isData(): boolean {
    return this.#name.length === DATA.length && this.#name.every((byte, i) => byte === DATA[i]);
  }

  #beginData(): void {
    if (this.#hasData) this.#handler.data?.(LINE_BREAK);
    this.#hasData = true;
  }
}
