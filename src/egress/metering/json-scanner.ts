/**
 * Reads chosen members of a JSON object out of a stream of bytes, without keeping or parsing the
 * rest: an answer of any length costs the size of what is asked for. Lenient: what is not JSON
 * yields nothing, or whatever looks like a member; values are checked by whoever asks for them.
 */
import { JsonRecord, parseJson } from './json-record.ts';
import { StringEnds } from './string-ends.ts';

const MAX_KEY_BYTES = 64;
/** Of one record, where they are read; no honest one has as many. */
const MAX_KEYS = 10_000;

const NONE: Buffer = Buffer.alloc(0);

const QUOTE = 0x22;
const OBJECT = 1;
const ARRAY = 2;

export interface JsonScannerOptions {
  /** Without points: `usage`, or `response.usage` one level below; never a member together with one below it. */
  readonly wanted: ReadonlySet<string>;
  /** Of one value. */
  readonly keepBytes: number;
  /** Brackets, commas and colons to read before it gives up; undefined: any number. */
  readonly maxSteps?: number;
  onRecord(record: JsonRecord): void;
}

interface Capture {
  readonly path: string;
  readonly level: number;
  readonly keyStart: number;
  readonly start: number;
  readonly pieces: Buffer[];
  size: number;
}

export class JsonScanner {
  readonly #options: JsonScannerOptions;
  /** Of all earlier chunks. */
  #offset = 0;
  #depth = 0;
  /** Kind of the open container at each depth up to 3. */
  readonly #kinds = [0, 0, 0, 0];
  /** Depth of the record's object; 0: none is open. */
  #base = 0;
  #done = false;
  #steps = 0;
  #keys = 0;
  #ends: StringEnds | undefined;
  #inString = false;
  #escaped = false;
  #stringIsKey = false;
  #expectKey = false;
  /** What earlier chunks had of the key. */
  #keyHead = NONE;
  #keyStart = 0;
  #key: string | undefined;
  #parentKey: string | undefined;
  #capture: Capture | undefined;
  #record: JsonRecord | undefined;

  constructor(options: JsonScannerOptions) {
    this.#options = options;
  }

  push(bytes: Buffer): void {
    this.#ends = new StringEnds(bytes);
    for (let i = 0; i < bytes.length && !this.#done; i++) {
      if (this.#inString) i = this.#readString(bytes, i);
      else this.#readToken(bytes, i);
    }
    this.#ends = undefined;
    this.#keep(bytes, bytes.length);
    this.#offset += bytes.length;
  }

  /** A record that was cut off is reported as far as it was seen. */
  end(): void {
    const record = this.#record;
    this.#record = undefined;
    this.#done = true;
    if (record !== undefined) this.#options.onRecord(record);
  }

  #readToken(bytes: Buffer, i: number): void {
    switch (bytes[i]) {
      case QUOTE:
        this.#inString = true;
        this.#stringIsKey = this.#expectKey;
        this.#expectKey = false;
        if (this.#stringIsKey) this.#beginKey(i);
        return;
      case 0x7b:
        this.#open(OBJECT, i);
        return;
      case 0x5b:
        this.#open(ARRAY, i);
        return;
      case 0x7d:
      case 0x5d:
        this.#close(bytes, i);
        return;
      case 0x2c:
        this.#finishCapture(bytes, i);
        this.#expectKey = this.#inTrackedObject();
        this.#step();
        return;
      case 0x3a:
        this.#colon(i);
        return;
    }
  }

  #beginKey(i: number): void {
    this.#keyHead = NONE;
    this.#keyStart = this.#offset + i;
    if (++this.#keys > MAX_KEYS) this.#done = true;
  }

  #step(): void {
    if (++this.#steps > (this.#options.maxSteps ?? Number.POSITIVE_INFINITY)) this.#done = true;
  }

  #level(): number {
    return this.#depth - this.#base;
  }

  #inTrackedObject(): boolean {
    return this.#base > 0 && this.#level() <= 1 && this.#kinds[this.#depth] === OBJECT;
  }

  #open(kind: number, i: number): void {
    this.#step();
    this.#depth++;
    if (this.#depth < this.#kinds.length) this.#kinds[this.#depth] = kind;
    const isRecord =
      this.#base === 0 &&
      kind === OBJECT &&
      (this.#depth === 1 || (this.#depth === 2 && this.#kinds[1] === ARRAY));
    if (isRecord) {
      this.#base = this.#depth;
      this.#record = new JsonRecord(this.#offset + i, this.#depth === 1);
      this.#keys = 0;
    } else if (this.#base > 0 && this.#level() === 1) this.#parentKey = this.#key;
    this.#key = undefined;
    this.#expectKey = this.#inTrackedObject();
  }

  #close(bytes: Buffer, i: number): void {
    this.#finishCapture(bytes, i);
    this.#expectKey = false;
    this.#key = undefined;
    this.#depth--;
    if (this.#base > 0 && this.#depth < this.#base) {
      const record = this.#record;
      this.#record = undefined;
      this.#base = 0;
      if (record !== undefined) {
        record.complete = true;
        this.#options.onRecord(record);
      }
    }
    if (this.#depth <= 0) this.#done = true;
  }

  #colon(i: number): void {
    if (this.#key === undefined || this.#capture !== undefined || !this.#inTrackedObject()) return;
    if (this.#key.includes('.')) return;
    const level = this.#level();
    const path = level === 0 ? this.#key : `${this.#parentKey}.${this.#key}`;
    if (!this.#options.wanted.has(path)) return;
    const start = this.#offset + i + 1;
    this.#capture = { path, level, keyStart: this.#keyStart, start, pieces: [], size: 0 };
  }

  #finishCapture(bytes: Buffer, i: number): void {
    const capture = this.#capture;
    if (capture === undefined || capture.level !== this.#level()) return;
    this.#keep(bytes, i);
    this.#capture = undefined;
    const { path, keyStart, start, pieces, size } = capture;
    const kept = size <= this.#options.keepBytes ? joined(pieces, size) : undefined;
    this.#record?.add(path, { keyStart, start, end: this.#offset + i, bytes: kept });
  }

  /** Copies what the open capture has of this chunk, so that the chunk itself can go. */
  #keep(bytes: Buffer, end: number): void {
    const capture = this.#capture;
    if (capture === undefined) return;
    const from = Math.max(0, capture.start - this.#offset);
    if (end <= from) return;
    capture.size += end - from;
    if (capture.size <= this.#options.keepBytes)
      capture.pieces.push(Buffer.from(bytes.subarray(from, end)));
    else capture.pieces.length = 0;
  }

  /** @returns the index of the last byte that belongs to the string, or that was looked at */
  #readString(bytes: Buffer, from: number): number {
    let i = from;
    if (this.#escaped) {
      this.#escaped = false;
      i++;
    }
    const end = this.#ends?.from(i) ?? bytes.length;
    if (this.#stringIsKey) this.#readKey(bytes, { from, end });
    if (end > bytes.length) this.#escaped = true;
    else if (end < bytes.length) this.#inString = false;
    return end;
  }

  /** A key that goes on in the next chunk ends here with this one. */
  #readKey(bytes: Buffer, { from, end }: { readonly from: number; readonly end: number }): void {
    const head = this.#keyHead;
    const to = Math.min(end, from + MAX_KEY_BYTES + 1 - head.length);
    if (end >= bytes.length) {
      this.#keyHead = Buffer.concat([head, bytes.subarray(from, to)]);
      return;
    }
    const text =
      head.length === 0
        ? bytes.toString('utf8', from, to)
        : Buffer.concat([head, bytes.subarray(from, to)]).toString();
    this.#key = text.includes('\\') ? unescaped(text) : text;
  }
}

function joined(pieces: readonly Buffer[], size: number): Buffer {
  const [only = NONE] = pieces;
  return pieces.length <= 1 ? only : Buffer.concat(pieces, size);
}

function unescaped(text: string): string | undefined {
  const key = parseJson(Buffer.from(`"${text}"`));
  return typeof key === 'string' ? key : undefined;
}
