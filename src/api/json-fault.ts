/**
 * Where a text stops being JSON. JSON.parse tells it only sometimes, and quotes the text, which may
 * hold a secret; so the text is walked again, only when it has been refused.
 */

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids just these in a string.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

export interface JsonFault {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

/** The first fault, or undefined when there is none. */
export function findJsonFault(text: string): JsonFault | undefined {
  /** Closing brackets still to come, innermost last. */
  const open: ('}' | ']')[] = [];
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const next = (): string => {
    take(SPACE);
    return text.charAt(at);
  };
  const fault = (expected: string): JsonFault => {
    const before = text.slice(0, at).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected };
  };
  const takeKey = (): boolean => {
    if (next() !== '"' || !take(STRING) || next() !== ':') return false;
    at++;
    return true;
  };
  for (;;) {
    const first = next();
    if (first === '{' || first === '[') {
      at++;
      const close = first === '{' ? '}' : ']';
      open.push(close);
      if (next() !== close) {
        if (first === '{' && !takeKey()) return fault('a key in double quotes and a ":"');
        continue;
      }
    } else if (!take(first === '"' ? STRING : SCALAR)) {
      return fault('a value');
    }
    // A value has ended: close what ends with it.
    for (let close = open.at(-1); ; close = open.at(-1)) {
      const after = next();
      if (close === undefined) return after === '' ? undefined : fault('nothing more');
      if (after === close) {
        at++;
        open.pop();
        continue;
      }
      if (after !== ',') return fault(`"," or "${close}"`);
      at++;
      if (close === '}' && !takeKey()) return fault('a key in double quotes and a ":"');
      break;
    }
  }
}
