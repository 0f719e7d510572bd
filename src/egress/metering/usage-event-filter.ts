/**
 * Takes out of a chat stream what is only there because usage was asked for in the caller's name:
 * the event that tells it, with no choices, and `"usage":null` in all others.
 */
import { EventStreamReader } from './event-stream.ts';
import type { JsonMember, JsonRecord } from './json-record.ts';
import { JsonScanner } from './json-scanner.ts';

/** A longer event passes as it is. */
const MAX_HELD_BYTES = 256 * 1024;
const KEEP_BYTES = 16 * 1024;
const WANTED = new Set(['choices', 'usage']);
const USAGE = Buffer.from('"usage"');
const DATA_LINE = /(?:^|[\r\n])data:/g;

export class UsageEventFilter {
  readonly #reader: EventStreamReader;
  /** Of the event that has not ended. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The event that has not ended is too long: its bytes pass. */
  #passing = false;
  #ends: number[] = [];

  constructor() {
    this.#reader = new EventStreamReader({ event: (end) => this.#ends.push(end) });
  }

  /** @returns the same buffer where nothing is held and nothing changed */
  push(bytes: Buffer): Buffer | undefined {
    this.#ends = [];
    this.#reader.push(bytes);
    const out: Buffer[] = [];
    let start = 0;
    let passed = 0;
    let usage = bytes.indexOf(USAGE);
    for (const end of this.#ends) {
      const isHeld = this.#heldBytes > 0 || this.#passing;
      if (usage !== -1 && usage < start) usage = bytes.indexOf(USAGE, start);
      if (isHeld || (usage !== -1 && usage < end)) {
        if (start > passed) out.push(bytes.subarray(passed, start));
        this.#finish(bytes.subarray(start, end), out);
        passed = end;
      }
      start = end;
    }
    if (start > passed) out.push(bytes.subarray(passed, start));
    this.#hold(bytes.subarray(start), out);
    return joined(out, bytes);
  }

  /** @returns an event whose blank line never came, unless it is the one that tells usage */
  end(): Buffer | undefined {
    const out: Buffer[] = [];
    this.#finish(Buffer.alloc(0), out);
    return joined(out, undefined);
  }

  #finish(tail: Buffer, out: Buffer[]): void {
    const event =
      this.#heldBytes === 0
        ? tail
        : Buffer.concat([...this.#held, tail], this.#heldBytes + tail.length);
    const seen = this.#passing ? event : filteredEvent(event);
    this.#held = [];
    this.#heldBytes = 0;
    this.#passing = false;
    if (seen !== undefined && seen.length > 0) out.push(seen);
  }

  #hold(rest: Buffer, out: Buffer[]): void {
    if (rest.length === 0) return;
    this.#held.push(rest);
    this.#heldBytes += rest.length;
    if (!this.#passing && this.#heldBytes <= MAX_HELD_BYTES) return;
    out.push(...this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#passing = true;
  }
}

function joined(out: readonly Buffer[], whole: Buffer | undefined): Buffer | undefined {
  const length = out.reduce((sum, part) => sum + part.length, 0);
  if (length === 0) return undefined;
  // Parts of the whole that add up to its length are the whole.
  if (whole !== undefined && length === whole.length && out.every((part) => isPart(part, whole)))
    return whole;
  return out.length === 1 ? out[0] : Buffer.concat(out, length);
}

function isPart(part: Buffer, whole: Buffer): boolean {
  return (
    part.buffer === whole.buffer &&
    part.byteOffset >= whole.byteOffset &&
    part.byteOffset + part.length <= whole.byteOffset + whole.length
  );
}

/** @returns undefined: the caller does not see it */
function filteredEvent(event: Buffer): Buffer | undefined {
  if (!event.includes(USAGE)) return event;
  const data = onlyDataOffset(event);
  const record = data === undefined ? undefined : recordOf(event.subarray(data));
  if (data === undefined || record === undefined) return event;
  const usage = record.value('usage');
  const choices = record.value('choices');
  if (typeof usage === 'object' && usage !== null && Array.isArray(choices) && choices.length === 0)
    return undefined;
  const member = record.all('usage').at(-1);
  if (usage !== null || member === undefined) return event;
  return withoutMember(event, { ...member, offset: data });
}

function recordOf(bytes: Buffer): JsonRecord | undefined {
  let found: JsonRecord | undefined;
  new JsonScanner({
    wanted: WANTED,
    keepBytes: KEEP_BYTES,
    onRecord: (record) => {
      found = record;
    },
  }).push(bytes);
  return found?.complete === true ? found : undefined;
}

/** Behind `data:`; undefined: there is none, or several lines of it. */
function onlyDataOffset(event: Buffer): number | undefined {
  const lines = [...event.toString('latin1').matchAll(DATA_LINE)];
  const line = lines[0];
  return line === undefined || lines.length > 1 ? undefined : line.index + line[0].length;
}

/** With the comma before it, or behind it where it is the first. */
function withoutMember(event: Buffer, member: JsonMember & { readonly offset: number }): Buffer {
  let from = member.offset + member.keyStart;
  let to = member.offset + member.end;
  const isSpace = (i: number) => event[i] === 0x20 || event[i] === 0x09;
  let before = from - 1;
  while (isSpace(before)) before--;
  if (event[before] === 0x2c) from = before;
  else if (event[to] === 0x2c) {
    to++;
    while (isSpace(to)) to++;
  }
  return Buffer.concat([event.subarray(0, from), event.subarray(to)]);
}
