import { NEEDS_MORE, type SecretValue, ValueMatcher } from './value-matcher.ts';

/** Replaces secret values in a stream of bytes, also where they lie across its chunks. */
export class Scrubber {
  /** Values taken out so far. */
  count = 0;
  readonly #matcher: ValueMatcher;
  #held: Buffer | undefined;

  constructor(matcher: ValueMatcher) {
    this.#matcher = matcher;
  }

  /** @returns what is certain to hold no value; what may be the beginning of one stays here */
  push(chunk: Buffer): Buffer {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    return this.#scrub(bytes, false);
  }

  /** What was held back, when nothing follows. */
  end(): Buffer {
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? Buffer.alloc(0) : this.#scrub(held, true);
  }

  #scrub(bytes: Buffer, last: boolean): Buffer {
    const matcher = this.#matcher;
    const parts: Buffer[] = [];
    let clean = 0;
    let at = 0;
    for (;;) {
      at = matcher.candidate(bytes, at);
      if (at >= bytes.length) break;
      const found = matcher.matchAt(bytes, { at, last });
      if (found === undefined) {
        at++;
        continue;
      }
      if (found === NEEDS_MORE) {
        this.#held = Buffer.from(bytes.subarray(at));
        break;
      }
      parts.push(bytes.subarray(clean, at), Buffer.from(`[secret ${found.name}]`));
      this.count++;
      at = found.end;
      clean = at;
    }
    const end = Math.min(at, bytes.length);
    if (parts.length === 0) return end === bytes.length ? bytes : bytes.subarray(0, end);
    parts.push(bytes.subarray(clean, end));
    return Buffer.concat(parts);
  }
}

/** A text that is there as a whole: a header's value. */
export function scrubText(matcher: ValueMatcher, text: string): string {
  const scrubber = new Scrubber(matcher);
  const bytes = Buffer.from(text, 'latin1');
  const scrubbed = Buffer.concat([scrubber.push(bytes), scrubber.end()]);
  return scrubber.count === 0 ? text : scrubbed.toString('latin1');
}

const MAX_KEPT = 200;

/** Matchers are dear to make: one is kept for each machine, for as long as its values are the same. */
export class Matchers {
  readonly #kept = new Map<string, { values: readonly SecretValue[]; matcher: ValueMatcher }>();

  /** undefined: nothing to look for. */
  of(machineId: string, values: readonly SecretValue[]): ValueMatcher | undefined {
    if (values.length === 0) return undefined;
    const kept = this.#kept.get(machineId);
    if (kept !== undefined && sameValues(kept.values, values))
      return kept.matcher.empty ? undefined : kept.matcher;
    const matcher = new ValueMatcher(values);
    this.#kept.delete(machineId);
    this.#kept.set(machineId, { values: [...values], matcher });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    return matcher.empty ? undefined : matcher;
  }
}

function sameValues(a: readonly SecretValue[], b: readonly SecretValue[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((one, i) => one.name === b[i]?.name && one.value === b[i]?.value);
}
