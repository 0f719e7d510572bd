/** What is erased must be covered by what an audit.erased entry says. */
import type { Findings } from './findings.ts';
import type { ErasedRange, Mismatch, SegmentResult } from './segment-job.ts';

/** What an erasure that a crash cut short looks like. */
const UNFINISHED_CODES: ReadonlySet<string> = new Set([
  'leaf_mismatch',
  'payload_mismatch',
  'payload_left',
]);

interface Erased {
  readonly first: number;
  readonly entries: Uint8Array;
  readonly payloads: Uint8Array;
  readonly file: string;
}

/** Disjoint, ascending. */
class Ranges {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(ranges: readonly ErasedRange[]) {
    for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
      if (!(last >= first)) continue;
      const end = this.#ends.length - 1;
      const open = this.#ends[end];
      if (open !== undefined && first <= open + 1) this.#ends[end] = Math.max(open, last);
      else {
        this.#starts.push(first);
        this.#ends.push(last);
      }
    }
  }

  has(seq: number): boolean {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low > 0 && seq <= (this.#ends[low - 1] ?? -1);
  }
}

function* setBits(erased: Erased, bits: Uint8Array): Generator<number> {
  for (let i = 0; i < bits.length; i += 1) {
    const byte = bits[i] ?? 0;
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit += 1)
      if ((byte & (1 << bit)) !== 0) yield erased.first + i * 8 + bit;
  }
}

type IsCovered = (what: 'entry' | 'payload', seq: number) => boolean;

export class Erasure {
  readonly #ranges: ErasedRange[] = [];
  readonly #erased: Erased[] = [];
  readonly #mismatches: (Mismatch & { readonly file: string })[] = [];
  #unlisted = 0;
  entries = 0;
  payloads = 0;

  add(result: SegmentResult): void {
    for (const range of result.erasedRanges) this.#ranges.push(range);
    for (const mismatch of result.mismatches)
      this.#mismatches.push({ ...mismatch, file: result.file });
    this.#unlisted += result.mismatchesTotal - result.mismatches.length;
    if (result.erasedEntries.length > 0 || result.erasedPayloads.length > 0)
      this.#erased.push({
        first: result.first,
        entries: result.erasedEntries,
        payloads: result.erasedPayloads,
        file: result.file,
      });
  }

  isErased(seq: number): boolean {
    const segment = this.#erased.findLast((one) => one.first <= seq);
    if (segment === undefined) return false;
    const at = seq - segment.first;
    return ((segment.entries[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  announce(ranges: readonly ErasedRange[]): void {
    for (const range of ranges) this.#ranges.push(range);
  }

  /** Something is gone, or not what it was, and no announcement so far tells of it. */
  hasUnannounced(): boolean {
    const isCovered = this.#coverage();
    if (this.#mismatches.some(({ what, seq }) => !isCovered(what, seq))) return true;
    return this.#erased.some(
      (erased) =>
        setBits(erased, erased.entries).some((seq) => !isCovered('entry', seq)) ||
        setBits(erased, erased.payloads).some((seq) => !isCovered('payload', seq)),
    );
  }

  #coverage(): IsCovered {
    const events = new Ranges(this.#ranges.filter((range) => range.what === 'events'));
    const payloads = new Ranges(this.#ranges.filter((range) => range.what === 'payloads'));
    return (what, seq) => events.has(seq) || (what === 'payload' && payloads.has(seq));
  }

  finish(findings: Findings): void {
    const isCovered = this.#coverage();
    for (const erased of this.#erased) {
      for (const seq of setBits(erased, erased.entries)) {
        this.entries += 1;
        if (!isCovered('entry', seq))
          this.#uncovered(findings, 'entry', { seq, file: erased.file });
      }
      for (const seq of setBits(erased, erased.payloads)) {
        this.payloads += 1;
        if (!isCovered('payload', seq))
          this.#uncovered(findings, 'payload', { seq, file: erased.file });
      }
    }
    this.#finishMismatches(findings, isCovered);
  }

  #uncovered(
    findings: Findings,
    what: 'entry' | 'payload',
    where: { readonly seq: number; readonly file: string },
  ): void {
    const message = `the ${what} is zero, and no audit.erased entry says so`;
    findings.add({ code: `${what}_erased_silently`, message, ...where });
  }

  #finishMismatches(findings: Findings, isCovered: IsCovered): void {
    for (const { what, ...mismatch } of this.#mismatches) {
      if (UNFINISHED_CODES.has(mismatch.code) && isCovered(what, mismatch.seq)) {
        const message = `an erasure that is not finished: ${mismatch.message}`;
        findings.note({ ...mismatch, code: 'erasure_unfinished', message });
      } else findings.add(mismatch);
    }
    findings.merge({
      findings: [],
      findingsTotal: this.#unlisted,
      notes: [],
      notesTotal: 0,
    });
  }
}
