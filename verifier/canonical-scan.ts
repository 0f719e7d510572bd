/**
 * Whether bytes are RFC 8785 canonical JSON, in one pass without making objects, and where the
 * members of the outer object are. Whether the bytes are UTF-8 is for the caller to see to.
 */

/** At most as deep as an entry of 64 KiB can be nested; rows of exports are checked otherwise. */
const MAX_DEPTH = 70_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Where the value of a member begins and ends; end 0: there is none. */
export interface Span {
  start: number;
  end: number;
}

const MEMBERS = [
  'seq',
  'id',
  'kind',
  'phase',
  'intent',
  'workspace',
  'payload',
  'attributes',
  'v',
] as const;
export type Member = (typeof MEMBERS)[number];

const wanted: readonly (readonly [Buffer, Member])[] = MEMBERS.map((name) => [
  Buffer.from(name),
  name,
]);

export class CanonicalScan {
  readonly members: Record<Member, Span>;
  /** Where the scan stopped, when it failed. */
  failedAt = 0;
  readonly #spans: readonly Span[];
  readonly #isObject = new Uint8Array(MAX_DEPTH + 1);
  readonly #keyStart = new Int32Array(MAX_DEPTH + 1);
  readonly #keyEnd = new Int32Array(MAX_DEPTH + 1);
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;

  constructor() {
    this.members = Object.fromEntries(
      MEMBERS.map((name) => [name, { start: 0, end: 0 }]),
    ) as Record<Member, Span>;
    this.#spans = Object.values(this.members);
  }

  /** @returns whether bytes[start, end) is one canonical JSON object */
  scan(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#end = end;
    for (const span of this.#spans) span.end = 0;
    if (bytes[start] !== OPEN_OBJECT) {
      this.failedAt = start;
      return false;
    }
    const stop = this.#values(start);
    this.failedAt = stop < 0 ? -stop : stop;
    return stop === end;
  }

  /** @returns the position behind the value, or the negative one where it went wrong */
  #values(from: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = from;
    let depth = 0;
    for (;;) {
      if (at >= end) return -at;
      const first = bytes[at];
      if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
        depth += 1;
        if (depth > MAX_DEPTH) return -at;
        const isObject = first === OPEN_OBJECT;
        this.#isObject[depth] = isObject ? 1 : 0;
        this.#keyEnd[depth] = 0;
        at += 1;
        const closing = isObject ? CLOSE_OBJECT : CLOSE_ARRAY;
        if (at < end && bytes[at] !== closing) {
          if (isObject) {
            at = this.#key(at, depth);
            if (at < 0) return at;
          }
          continue;
        }
      } else {
        at = first === QUOTE ? this.#string(at) : this.#scalar(at);
        if (at < 0) return at;
      }
      // Behind a value, or at the bracket of an empty one.
      for (;;) {
        if (depth === 0) return at;
        if (at >= end) return -at;
        const isObject = this.#isObject[depth] === 1;
        const next = bytes[at];
        if (depth === 1 && isObject && this.#keyEnd[1] !== 0) this.#member(at);
        if (next === COMMA) {
          at += 1;
          if (isObject) {
            if (this.#keyEnd[depth] === 0) return -at;
            at = this.#key(at, depth);
            if (at < 0) return at;
          }
          break;
        }
        if (next !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return -at;
        depth -= 1;
        at += 1;
      }
    }
  }

  /** @returns the position of the value */
  #key(at: number, depth: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) return -at;
    const behind = this.#string(at);
    if (behind < 0) return behind;
    if (behind >= this.#end || bytes[behind] !== 0x3a) return -behind;
    const start = at + 1;
    const end = behind - 1;
    const previousEnd = this.#keyEnd[depth] ?? 0;
    if (previousEnd > 0 && !this.#isAfter(this.#keyStart[depth] ?? 0, previousEnd, start, end))
      return -at;
    this.#keyStart[depth] = start;
    this.#keyEnd[depth] = end;
    return behind + 1;
  }

  /** Keys are in the order of UTF-16 code units, each once. */
  #isAfter(aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
    const bytes = this.#bytes;
    const common = Math.min(aEnd - aStart, bEnd - bStart);
    for (let i = 0; i < common; i += 1) {
      const a = bytes[aStart + i] ?? 0;
      const b = bytes[bStart + i] ?? 0;
      if (a === b) {
        if (a === BACKSLASH || a >= 0x80) break;
        continue;
      }
      if (a < 0x80 && b < 0x80 && a !== BACKSLASH && b !== BACKSLASH) return a < b;
      break;
    }
    const a = bytes.toString('utf8', aStart - 1, aEnd + 1);
    const b = bytes.toString('utf8', bStart - 1, bEnd + 1);
    return (JSON.parse(a) as string) < (JSON.parse(b) as string);
  }

  /** Remembers where a member of the outer object is whose value ends here. */
  #member(end: number): void {
    const start = this.#keyStart[1] ?? 0;
    const keyEnd = this.#keyEnd[1] ?? 0;
    const length = keyEnd - start;
    if (length > 10) return;
    const bytes = this.#bytes;
    for (const [key, name] of wanted) {
      if (key.length !== length || bytes[start] !== key[0]) continue;
      if (bytes.compare(key, 0, length, start, keyEnd) !== 0) continue;
      const span = this.members[name];
      span.start = keyEnd + 2;
      span.end = end;
      return;
    }
  }

  /** @returns the position behind the closing quote */
  #string(from: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    for (let at = from + 1; at < end; at += 1) {
      const c = bytes[at] ?? 0;
      if (c === QUOTE) return at + 1;
      if (c < 0x20) return -at;
      if (c !== BACKSLASH) continue;
      const escaped = bytes[at + 1] ?? 0;
      if (escaped === 0x75) {
        if (!this.#isControlEscape(at)) return -at;
        at += 5;
      } else if (
        escaped === QUOTE ||
        escaped === BACKSLASH ||
        escaped === 0x62 ||
        escaped === 0x66 ||
        escaped === 0x6e ||
        escaped === 0x72 ||
        escaped === 0x74
      )
        at += 1;
      else return -at;
    }
    return -end;
  }

  /** Only control characters without a short form are written \u00xx, in small letters. */
  #isControlEscape(at: number): boolean {
    const digits = this.#bytes.toString('latin1', at + 2, Math.min(at + 6, this.#end));
    if (!/^00[01][0-9a-f]$/.test(digits)) return false;
    const code = Number.parseInt(digits, 16);
    return code !== 8 && code !== 9 && code !== 10 && code !== 12 && code !== 13;
  }

  /** A number, true, false or null. @returns the position behind it */
  #scalar(from: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = from;
    let isPlain = true;
    for (; at < end; at += 1) {
      const c = bytes[at] ?? 0;
      if (c === COMMA || c === CLOSE_OBJECT || c === CLOSE_ARRAY) break;
      if (c < 0x30 || c > 0x39) isPlain = false;
      if (at - from > 30) return -at;
    }
    const length = at - from;
    if (isPlain && length > 0 && length < 16 && (bytes[from] !== 0x30 || length === 1)) return at;
    const text = bytes.toString('latin1', from, at);
    if (text === 'true' || text === 'false' || text === 'null') return at;
    // As ECMAScript writes it, which is how RFC 8785 wants it; Infinity and NaN are no JSON.
    return /^-?\d/.test(text) && text === String(Number(text)) ? at : -from;
  }
}
