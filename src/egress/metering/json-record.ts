/** More occurrences of one member than this: the last takes the place of the one before. */
const MAX_OCCURRENCES = 8;

export interface JsonMember {
  /** Offsets in all that was pushed: of the key's first quote, and around the value. */
  readonly keyStart: number;
  readonly start: number;
  readonly end: number;
  /** Undefined: it is longer than what may be kept. */
  readonly bytes: Buffer | undefined;
}

/** An object: the root itself, or one in the root array. */
export class JsonRecord {
  /** Offset of its `{`. */
  readonly start: number;
  /** Not one of an array. */
  readonly isRoot: boolean;
  /** Its `}` was seen. */
  complete = false;
  readonly #members = new Map<string, JsonMember[]>();

  constructor(start: number, isRoot: boolean) {
    this.start = start;
    this.isRoot = isRoot;
  }

  add(path: string, member: JsonMember): void {
    const members = this.#members.get(path);
    if (members === undefined) this.#members.set(path, [member]);
    else if (members.length < MAX_OCCURRENCES) members.push(member);
    else members[MAX_OCCURRENCES - 1] = member;
  }

  has(path: string): boolean {
    return this.#members.has(path);
  }

  all(path: string): readonly JsonMember[] {
    return this.#members.get(path) ?? [];
  }

  /** Of its last occurrence, as JSON.parse does. Undefined also when it is too long or not JSON. */
  value(path: string): unknown {
    const member = this.#members.get(path)?.at(-1);
    return member === undefined ? undefined : parseJson(member.bytes);
  }

  text(path: string): string | undefined {
    const value = this.value(path);
    return typeof value === 'string' ? value : undefined;
  }
}

export function parseJson(bytes: Buffer | undefined): unknown {
  try {
    return bytes === undefined ? undefined : JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
