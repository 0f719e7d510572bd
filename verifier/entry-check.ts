/** Checks the entries of frames: leaf hash, canonical form, place, payload, halves of actions. */
import { hash } from 'node:crypto';
import { CanonicalScan, type Member } from './canonical-scan.ts';
import { MAX_LISTED } from './findings.ts';
import type { ErasedRange, HalfAction, Mismatch } from './segment-job.ts';

const MAX_ENTRY_BYTES = 65_536;
const SALT_BYTES = 32;
const ZEROS = Buffer.alloc(65_536);

export interface Place {
  readonly bytes: Buffer;
  readonly seq: number;
  /** Where the entry and its payload are in the buffer; one byte is before each of them. */
  readonly start: number;
  readonly length: number;
  readonly payloadStart: number;
  readonly payloadLength: number;
  /** Where the entry and its payload are in the file. */
  readonly offset: number;
  readonly payloadOffset: number;
  /** As the frame's directory has it. */
  readonly leafHash: string;
}

export function isZero(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== 0) return false;
  for (let at = start; at < end; at += ZEROS.length) {
    const length = Math.min(ZEROS.length, end - at);
    if (bytes.compare(ZEROS, 0, length, at, at + length) !== 0) return false;
  }
  return true;
}

/** Hash of `prefix ‖ bytes[start, end)`: borrows the byte before, so that nothing is copied. */
function prefixedHash(
  bytes: Buffer,
  part: { prefix: number; start: number; end: number; encoding: 'latin1' | 'base64' },
): string {
  const before = part.start - 1;
  const kept = bytes[before] ?? 0;
  bytes[before] = part.prefix;
  const hashed = hash('sha256', bytes.subarray(before, part.end), part.encoding);
  bytes[before] = kept;
  return hashed;
}

export class EntryCheck {
  readonly mismatches: Mismatch[] = [];
  mismatchesTotal = 0;
  /** An entry of kind audit.erased was among them. */
  sawErasure = false;
  readonly erasedRanges: ErasedRange[] = [];
  readonly completions: HalfAction[] = [];
  readonly erasedEntries: number[] = [];
  readonly erasedPayloads: number[] = [];
  readonly #open = new Map<number, string>();
  readonly #completed = new Set<number>();
  readonly #scan = new CanonicalScan();
  readonly #first: number;
  readonly #workspace: string;

  /** Whether a part of the file is zero by now: it may be erased while it is read. */
  readonly #isErasedNow: (offset: number, length: number) => boolean;

  constructor(options: {
    readonly first: number;
    readonly workspace: string;
    readonly isErasedNow: (offset: number, length: number) => boolean;
  }) {
    this.#first = options.first;
    this.#isErasedNow = options.isErasedNow;
    this.#workspace = JSON.stringify(options.workspace);
  }

  get openIntents(): HalfAction[] {
    return [...this.#open].map(([seq, id]) => ({ seq, id, intent: seq }));
  }

  check(place: Place): void {
    const { bytes, start, length } = place;
    const end = start + length;
    if (length > 0 && isZero(bytes, start, end)) {
      this.#erased(place);
      return;
    }
    if (length === 0 || length > MAX_ENTRY_BYTES) {
      this.#wrong(
        place,
        'entry_length',
        `an entry has 1 to ${MAX_ENTRY_BYTES} bytes, not ${length}`,
      );
      return;
    }
    const hashed = prefixedHash(bytes, { prefix: 0, start, end, encoding: 'latin1' });
    if (hashed !== place.leafHash) {
      if (this.#isErasedNow(place.offset, length)) {
        this.erasedEntries.push(place.seq);
        if (place.payloadLength > 0) this.erasedPayloads.push(place.seq);
        return;
      }
      this.#wrong(place, 'leaf_mismatch', 'the entry is not the one whose hash is in the tree');
      return;
    }
    if (!this.#scan.scan(bytes, start, end)) {
      const at = this.#scan.failedAt - start;
      this.#wrong(place, 'entry_not_canonical', `not RFC 8785 canonical JSON, at its byte ${at}`);
      return;
    }
    this.#facts(place);
    this.#payload(place);
  }

  #text(bytes: Buffer, member: Member): string | undefined {
    const span = this.#scan.members[member];
    return span.end === 0 ? undefined : bytes.toString('utf8', span.start, span.end);
  }

  #facts(place: Place): void {
    const { bytes, seq } = place;
    if (this.#text(bytes, 'v') !== '1')
      this.#wrong(place, 'entry_version', 'the entry is not of version 1');
    if (this.#text(bytes, 'seq') !== String(seq))
      this.#wrong(place, 'entry_seq', `the entry says seq ${this.#text(bytes, 'seq')}`);
    if (this.#text(bytes, 'workspace') !== this.#workspace)
      this.#wrong(place, 'entry_workspace', 'the entry is of another workspace');
    const phase = this.#text(bytes, 'phase');
    if (phase === '"intent"') this.#open.set(seq, this.#text(bytes, 'id') ?? '');
    else if (phase === '"completion"') this.#completion(place);
    else if (phase !== '"whole"')
      this.#wrong(place, 'entry_phase', 'phase is none of whole, intent, completion');
    if (this.#text(bytes, 'kind') === '"audit.erased"') this.#erasure(place);
  }

  #completion(place: Place): void {
    const id = this.#text(place.bytes, 'id') ?? '';
    const intent = Number(this.#text(place.bytes, 'intent') ?? -1);
    if (!Number.isSafeInteger(intent) || intent < 0 || intent >= place.seq) {
      this.#wrong(place, 'completion_without_intent', 'the completion names no earlier intent');
      return;
    }
    if (intent < this.#first) {
      this.completions.push({ seq: place.seq, id, intent });
      return;
    }
    if (this.#open.get(intent) === id) {
      this.#open.delete(intent);
      this.#completed.add(intent);
    } else if (this.#completed.has(intent))
      this.#wrong(place, 'intent_completed_twice', `intent ${intent} was completed before`);
    else this.completions.push({ seq: place.seq, id, intent });
  }

  #erasure(place: Place): void {
    this.sawErasure = true;
    const text = this.#text(place.bytes, 'attributes');
    const attributes: unknown = text === undefined ? undefined : JSON.parse(text);
    if (typeof attributes !== 'object' || attributes === null) return;
    const { what, ranges } = attributes as { what?: unknown; ranges?: unknown };
    if ((what !== 'payloads' && what !== 'events') || !Array.isArray(ranges)) return;
    for (const range of ranges) {
      if (!Array.isArray(range) || range.length !== 2) continue;
      const [first, last] = range as unknown[];
      if (typeof first !== 'number' || typeof last !== 'number') continue;
      // Nothing can be erased before it was written.
      this.erasedRanges.push({ what, first, last: Math.min(last, place.seq - 1) });
    }
  }

  #erased(place: Place): void {
    this.erasedEntries.push(place.seq);
    if (place.payloadLength === 0) return;
    const end = place.payloadStart + place.payloadLength;
    if (isZero(place.bytes, place.payloadStart, end)) this.erasedPayloads.push(place.seq);
    else this.#wrongPayload(place, 'payload_left', 'the entry is erased and its payload is not');
  }

  #payload(place: Place): void {
    const commit = this.#commitment(place.bytes);
    const { bytes, payloadStart: start, payloadLength: length } = place;
    if (length === 0) {
      if (commit !== undefined)
        this.#wrongPayload(
          place,
          'payload_missing',
          'the entry commits to a payload that is not there',
        );
      return;
    }
    if (commit === undefined) {
      this.#wrongPayload(place, 'payload_uncommitted', 'the entry does not commit to its payload');
      return;
    }
    const end = start + length;
    if (isZero(bytes, start, end)) {
      this.erasedPayloads.push(place.seq);
      return;
    }
    const hashed =
      length < SALT_BYTES
        ? undefined
        : prefixedHash(bytes, { prefix: 2, start, end, encoding: 'base64' });
    if (hashed === commit) return;
    if (this.#isErasedNow(place.payloadOffset, length)) this.erasedPayloads.push(place.seq);
    else
      this.#wrongPayload(place, 'payload_mismatch', 'the payload is not what the entry commits to');
  }

  /** The text of payload.commit. */
  #commitment(bytes: Buffer): string | undefined {
    const span = this.#scan.members.payload;
    if (span.end === 0) return undefined;
    // "commit" sorts before all other members of a payload record.
    const head = bytes.toString('latin1', span.start, Math.min(span.end, span.start + 12 + 44));
    return /^\{"commit":"([A-Za-z0-9+/=]{43,44})/.exec(head)?.[1];
  }

  #wrong(place: Place, code: string, message: string): void {
    this.#mismatch({ what: 'entry', seq: place.seq, offset: place.offset, code, message });
  }

  #wrongPayload(place: Place, code: string, message: string): void {
    this.#mismatch({ what: 'payload', seq: place.seq, offset: place.payloadOffset, code, message });
  }

  #mismatch(mismatch: Mismatch): void {
    this.mismatchesTotal += 1;
    if (this.mismatches.length < MAX_LISTED) this.mismatches.push(mismatch);
  }
}
