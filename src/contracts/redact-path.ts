/**
 * JSON paths that name what is taken out of payloads: RFC 9535 without filters, slices and
 * negative indexes. What is left can be matched in one pass over text that may be cut off, in a
 * time that the text's author cannot blow up.
 */

export type PathSelector =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'any' };

export interface PathSegment {
  /** `..`: at any depth below. */
  readonly descendant: boolean;
  readonly selectors: readonly PathSelector[];
}

export const MAX_PATH_SEGMENTS = 16;
export const MAX_PATH_LENGTH = 300;

export type ParsedPath =
  | { readonly ok: true; readonly segments: readonly PathSegment[] }
  /** `at` counts characters from 1. */
  | { readonly ok: false; readonly at: number; readonly message: string };

const NAME = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*/y;
const INDEX = /0|[1-9]\d{0,9}/y;
const BLANK = /[ \t\r\n]*/y;
/** A quoted name with the escapes of JSON; inside '…' also \'. */
const QUOTED =
  /'(?:[^'\\\p{Cc}]|\\(?:[bfnrt/\\']|u[0-9A-Fa-f]{4}))*'|"(?:[^"\\\p{Cc}]|\\(?:[bfnrt/\\"]|u[0-9A-Fa-f]{4}))*"/uy;

class PathError extends Error {}

/** Never throws for a bad path. */
export function parseRedactPath(text: string): ParsedPath {
  const parser = new PathParser(text);
  try {
    return { ok: true, segments: parser.parse() };
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    return { ok: false, at: parser.position + 1, message: error.message };
  }
}

class PathParser {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PathSegment[] {
    if (this.#text.length > MAX_PATH_LENGTH)
      throw new PathError(`it has more than ${MAX_PATH_LENGTH} characters`);
    if (!this.#skip('$')) throw new PathError('a path begins with "$"');
    const segments: PathSegment[] = [];
    while (this.position < this.#text.length) {
      if (segments.length === MAX_PATH_SEGMENTS)
        throw new PathError(`it has more than ${MAX_PATH_SEGMENTS} parts`);
      segments.push(this.#segment());
    }
    return segments;
  }

  #segment(): PathSegment {
    if (this.#skip('..')) {
      const selectors = this.#skip('[') ? this.#bracket() : [this.#shorthand()];
      return { descendant: true, selectors };
    }
    if (this.#skip('.')) return { descendant: false, selectors: [this.#shorthand()] };
    if (this.#skip('[')) return { descendant: false, selectors: this.#bracket() };
    throw new PathError('here "." or "[" is expected; write other names as [\'the-name\']');
  }

  #shorthand(): PathSelector {
    if (this.#skip('*')) return { type: 'any' };
    const name = this.#take(NAME);
    if (name === undefined) throw new PathError('here a name or * is expected');
    return { type: 'name', name };
  }

  #bracket(): PathSelector[] {
    const selectors: PathSelector[] = [];
    do {
      this.#take(BLANK);
      selectors.push(this.#selector());
      this.#take(BLANK);
    } while (this.#skip(','));
    if (!this.#skip(']')) throw new PathError('here "]" is expected; slices are not supported');
    return selectors;
  }

  #selector(): PathSelector {
    if (this.#skip('*')) return { type: 'any' };
    const quoted = this.#take(QUOTED);
    if (quoted !== undefined) return { type: 'name', name: unquote(quoted) };
    const index = this.#take(INDEX);
    if (index !== undefined) return { type: 'index', index: Number(index) };
    if (this.#text[this.position] === '?') throw new PathError('filters are not supported');
    if (this.#text[this.position] === '-')
      throw new PathError('indexes from the end are not supported');
    throw new PathError("here a quoted name, an index or * is expected: ['name'], [0], [*]");
  }

  #skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.position = pattern.lastIndex;
    return match[0];
  }
}

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('"')) return JSON.parse(quoted) as string;
  const json = inner.replace(/\\'|"/g, (found) => (found === '"' ? '\\"' : "'"));
  return JSON.parse(`"${json}"`) as string;
}
