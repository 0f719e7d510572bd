/**
 * Reads JSON text in one pass without making values of it, and says where the values lie that
 * paths name. Text that is cut off is read as far as it goes: a named value that was begun then
 * lasts to the end. Several values may follow each other, as in JSON Lines.
 */
import { PathMatcher, type PathProgress } from './path-matcher.ts';

/** Of UTF-16 units: start inclusive, end exclusive. */
export interface JsonPlace {
  readonly start: number;
  readonly end: number;
  /**
   * named: a value that a path names, whole. text: a string with escapes, or a number, neither of
   * which shows its meaning to a search over the raw text.
   */
  readonly kind: 'named' | 'text';
}

export interface JsonScan {
  /** In order, apart from each other. */
  readonly places: readonly JsonPlace[];
  /** Where it stops being JSON; undefined: it is JSON to its end, or would be if it went on. */
  readonly malformedAt: number | undefined;
}

/** Deeper text counts as malformed: no honest body is so deep, and memory is bounded by it. */
export const MAX_JSON_DEPTH = 500;
/** Shorter numbers are no card, phone or key. */
const MIN_NUMBER_LENGTH = 7;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'document';

interface Level {
  isArray: boolean;
  /** Of the element that is read, in an array. */
  index: number;
  /** Of paths at the container itself, and at the child that is read. */
  readonly progress: PathProgress;
  readonly child: PathProgress;
  alive: boolean;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const CUT_NUMBER = /-?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d*)?)?/y;
const LITERALS = ['true', 'false', 'null'] as const;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function scanJson(text: string, matcher: PathMatcher): JsonScan {
  return new JsonScanner(text, matcher).scan();
}

class JsonScanner {
  readonly #text: string;
  readonly #matcher: PathMatcher;
  readonly #places: JsonPlace[] = [];
  /** Made once for each depth and used again. */
  readonly #levels: Level[] = [];
  readonly #root: Level;
  #depth = 0;
  #at = 0;
  #expected: Expected = 'document';
  /** Where the named value begins that is being read, and how deep it lies; -1: none. */
  #namedFrom = -1;
  #namedDepth = 0;
  /** The value that comes next is named. */
  #nextIsNamed = false;

  constructor(text: string, matcher: PathMatcher) {
    this.#text = text;
    this.#matcher = matcher;
    this.#root = this.#newLevel();
  }

  scan(): JsonScan {
    const { length } = this.#text;
    let malformedAt: number | undefined;
    while (this.#at < length) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0xfeff) {
        this.#at++;
        continue;
      }
      if (this.#token(code)) continue;
      malformedAt = this.#at;
      break;
    }
    if (this.#namedFrom !== -1)
      this.#places.push({ kind: 'named', start: this.#namedFrom, end: this.#at });
    return { places: this.#places, malformedAt };
  }

  /** @returns false when it cannot stand here */
  #token(code: number): boolean {
    switch (this.#expected) {
      case 'document':
        this.#nextIsNamed = this.#matcher.begin(this.#root.child);
        this.#root.alive = PathMatcher.alive(this.#root.child);
        return this.#value(code);
      case 'value':
        return this.#value(code);
      case 'value or ]':
        return code === 0x5d ? this.#close(code) : this.#element(code);
      case 'key or }':
        return code === 0x7d ? this.#close(code) : this.#key(code);
      case 'key':
        return this.#key(code);
      case ':':
        if (code !== 0x3a) return false;
        this.#at++;
        this.#expected = 'value';
        return true;
      default:
        return this.#afterValue(code);
    }
  }

  #afterValue(code: number): boolean {
    if (code !== 0x2c) return this.#close(code);
    this.#at++;
    const level = this.#level();
    if (!level.isArray) {
      this.#expected = 'key';
      return true;
    }
    this.#expected = 'value';
    level.index++;
    this.#enter(level, level.index);
    return true;
  }

  #element(code: number): boolean {
    const level = this.#level();
    this.#enter(level, level.index);
    return this.#value(code);
  }

  #enter(level: Level, key: string | number): void {
    if (this.#namedFrom !== -1) return;
    if (level.alive) this.#nextIsNamed = this.#matcher.step(level.progress, key, level.child);
    else level.child.fill(0);
  }

  #key(code: number): boolean {
    if (code !== QUOTE) return false;
    const start = this.#at;
    const escaped = this.#string();
    this.#expected = ':';
    if (this.#namedFrom !== -1) return true;
    const level = this.#level();
    const raw = this.#text.slice(start, this.#at);
    if (escaped) this.#places.push({ kind: 'text', start, end: this.#at });
    if (!level.alive) return true;
    const name = escaped ? decodeString(raw) : raw.slice(1, -1);
    // A key that nobody can read may be the one that is named.
    if (name !== undefined) this.#enter(level, name);
    else this.#nextIsNamed = true;
    return true;
  }

  #value(code: number): boolean {
    const start = this.#at;
    if (this.#nextIsNamed && this.#namedFrom === -1) {
      this.#namedFrom = start;
      this.#namedDepth = this.#depth;
    }
    this.#nextIsNamed = false;
    if (code === 0x7b || code === 0x5b) return this.#open(code === 0x5b);
    if (code === QUOTE) {
      const escaped = this.#string();
      if (escaped) this.#noteText(start);
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      if (!this.#number()) return false;
      if (this.#at - start >= MIN_NUMBER_LENGTH) this.#noteText(start);
    } else if (!this.#literal()) return false;
    this.#ended();
    return true;
  }

  #noteText(start: number): void {
    if (this.#namedFrom === -1) this.#places.push({ kind: 'text', start, end: this.#at });
  }

  #open(isArray: boolean): boolean {
    if (this.#depth === MAX_JSON_DEPTH) return false;
    const parent = this.#level();
    this.#depth++;
    this.#levels[this.#depth] ??= this.#newLevel();
    const level = this.#level();
    level.isArray = isArray;
    level.index = 0;
    level.child.fill(0);
    if (this.#namedFrom === -1) {
      level.progress.set(parent.child);
      level.alive = PathMatcher.alive(level.progress);
    }
    this.#at++;
    this.#expected = isArray ? 'value or ]' : 'key or }';
    return true;
  }

  #close(code: number): boolean {
    if (this.#depth === 0 || code !== (this.#level().isArray ? 0x5d : 0x7d)) return false;
    this.#at++;
    this.#depth--;
    this.#ended();
    return true;
  }

  /** A value has ended at this depth. */
  #ended(): void {
    this.#expected = this.#depth === 0 ? 'document' : ', or end';
    if (this.#namedFrom === -1 || this.#namedDepth !== this.#depth) return;
    this.#places.push({ kind: 'named', start: this.#namedFrom, end: this.#at });
    this.#namedFrom = -1;
  }

  /** Goes behind the string, or to the end of the text. @returns whether it has escapes */
  #string(): boolean {
    const text = this.#text;
    let escaped = false;
    let at = this.#at + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code !== BACKSLASH) continue;
      escaped = true;
      at++;
    }
    this.#at = Math.min(at + 1, text.length);
    return escaped;
  }

  #number(): boolean {
    CUT_NUMBER.lastIndex = this.#at;
    CUT_NUMBER.exec(this.#text);
    const end = CUT_NUMBER.lastIndex;
    NUMBER.lastIndex = this.#at;
    if (end < this.#text.length && (!NUMBER.test(this.#text) || NUMBER.lastIndex !== end))
      return false;
    this.#at = end;
    return true;
  }

  #literal(): boolean {
    for (const literal of LITERALS) {
      const given = this.#text.slice(this.#at, this.#at + literal.length);
      const isCut = this.#at + given.length === this.#text.length;
      if (given !== literal && !(isCut && given !== '' && literal.startsWith(given))) continue;
      this.#at += given.length;
      return true;
    }
    return false;
  }

  #level(): Level {
    return this.#depth === 0 ? this.#root : (this.#levels[this.#depth] as Level);
  }

  #newLevel(): Level {
    const { size } = this.#matcher;
    return {
      ...{ isArray: false, index: 0, alive: false },
      progress: new Int32Array(size),
      child: new Int32Array(size),
    };
  }
}

/** The value of a JSON string, also of one that is cut off; undefined: it is none. */
export function decodeString(raw: string): string | undefined {
  for (const text of [raw, `${raw}"`]) {
    const value = tryParse(text);
    if (value !== undefined) return value;
  }
  // Cut inside an escape: `\`, `\u`, `\u12`.
  for (let cut = 1; cut <= 5; cut++) {
    const value = tryParse(`${raw.slice(0, -cut)}"`);
    if (value !== undefined) return value;
  }
  return undefined;
}

function tryParse(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
