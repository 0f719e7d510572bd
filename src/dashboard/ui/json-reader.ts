/**
 * Reads JSON text piece by piece, without making values of it: what is not looked at costs a jump
 * over it, depth costs no stack, and a number stays the digits that were written.
 */

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal' | 'broken';

/** A value as the text from `start` to `end`. */
export interface JsonValue {
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  /** The text ends within it: it was cut. */
  readonly cut: boolean;
}
export interface JsonMember {
  /** As it stands in the text, with its quotes; none in an array. */
  readonly key: { readonly start: number; readonly end: number } | undefined;
  readonly value: JsonValue;
}
export interface JsonMembers {
  readonly members: readonly JsonMember[];
  /** Where to read on for more of them; undefined when these are the last. */
  readonly next: number | undefined;
  /** What stands there is no JSON, or the text ends: from here on. */
  readonly brokenAt: number | undefined;
}

const BLANK = /[ \t\r\n]*/y;
const SCALAR = /-?\d[\d.eE+-]*|true|false|null/y;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Of `\u202e`: so many characters may stand at the end without being whole. */
const LONGEST_ESCAPE = 6;

/** Undefined when the text is no JSON value from its beginning. */
export function readRoot(text: string): JsonValue | undefined {
  const start = skipBlank(text, 0);
  const root = readValue(text, start);
  if (root.kind === 'broken') return undefined;
  return skipBlank(text, root.end) === text.length ? root : undefined;
}

/** Up to `max` members of an object or array, from its `start` or where the last ones ended. */
export function readMembers(
  text: string,
  { container, from, max }: { container: JsonValue; from: number | undefined; max: number },
): JsonMembers {
  const members: JsonMember[] = [];
  const closing = container.kind === 'object' ? '}' : ']';
  let at = skipBlank(text, from ?? container.start + 1);
  while (at < container.end && text[at] !== closing) {
    if (members.length >= max) return { members, next: at, brokenAt: undefined };
    const member = readMember(text, { at, keyed: container.kind === 'object' });
    if (member === undefined) return { members, next: undefined, brokenAt: at };
    members.push(member);
    at = skipBlank(text, member.value.end);
    if (text[at] === ',') at = skipBlank(text, at + 1);
    else if (text[at] !== closing && at < container.end)
      return { members, next: undefined, brokenAt: at };
  }
  return { members, next: undefined, brokenAt: at >= text.length ? text.length : undefined };
}

function readMember(
  text: string,
  { at, keyed }: { at: number; keyed: boolean },
): JsonMember | undefined {
  let key: JsonMember['key'];
  let from = at;
  if (keyed) {
    if (text[at] !== '"') return undefined;
    const end = endOfString(text, at);
    if (end === undefined) return undefined;
    key = { start: at, end };
    const colon = skipBlank(text, end);
    if (text[colon] !== ':') return undefined;
    from = skipBlank(text, colon + 1);
  }
  const value = readValue(text, from);
  return value.kind === 'broken' ? undefined : { key, value };
}

function readValue(text: string, start: number): JsonValue {
  const first = text[start];
  if (first === '{' || first === '[') {
    const { end, cut } = endOfContainer(text, start);
    return { kind: first === '{' ? 'object' : 'array', start, end, cut };
  }
  if (first === '"') {
    const end = endOfString(text, start);
    return { kind: 'string', start, end: end ?? text.length, cut: end === undefined };
  }
  SCALAR.lastIndex = start;
  const found = SCALAR.exec(text);
  if (found === null) return { kind: 'broken', start, end: text.length, cut: false };
  const kind = /^[-\d]/.test(found[0].slice(0, 1)) ? 'number' : 'literal';
  return { kind, start, end: start + found[0].length, cut: false };
}

/** Behind the closing quote; undefined when the text ends before it. */
function endOfString(text: string, start: number): number | undefined {
  let at = start;
  while (true) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return undefined;
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at + 1;
  }
}

/** Behind the bracket that closes it; depth is counted, whatever the brackets are. */
function endOfContainer(text: string, start: number): { end: number; cut: boolean } {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (end === undefined) break;
      at = end - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0)
      return { end: at + 1, cut: false };
  }
  return { end: text.length, cut: true };
}

function skipBlank(text: string, from: number): number {
  BLANK.lastIndex = from;
  return from + (BLANK.exec(text)?.[0].length ?? 0);
}

/** What a string says, at most `max` characters as written; as it is written where it is malformed. */
export function stringText(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  max: number,
): { readonly text: string; readonly left: number } {
  const closed = end - start >= 2 && endOfString(text, start) === end ? end - 1 : end;
  const raw = text.slice(start + 1, Math.min(closed, start + 1 + max));
  const left = Math.max(0, closed - start - 1 - raw.length);
  // What was cut may end in the middle of an escape.
  for (let less = 0; less < LONGEST_ESCAPE; less++) {
    try {
      return {
        text: JSON.parse(`"${raw.slice(0, raw.length - less)}"`) as string,
        left: left + less,
      };
    } catch {
      if (left === 0 && closed !== end) break;
    }
  }
  return { text: raw, left };
}
