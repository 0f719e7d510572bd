/** Turns what the index finds into steps: each is one `audit.erased` entry and its erasure. */
import type { SeqRange } from './seq-ranges.ts';

/** What may go, ascending. */
export interface Candidate {
  readonly seq: number;
  /** false: nothing of it is there to erase (any more), but a range may pass over it. */
  readonly erases: boolean;
}

export interface ErasureStep {
  readonly ranges: readonly SeqRange[];
  /** Entries that are erased, without those that ranges only pass over. */
  readonly entries: number;
}

/**
 * While a step is carried out, holds wait so that none can come in between: so it is short; but
 * each one writes the segments anew that it touches, so it is not shorter.
 */
export const STEP_ENTRIES = 200_000;
/** Of the ranges as JSON. Attributes may have 32 KiB, an entry 64 KiB. */
export const STEP_RANGE_BYTES = 24 * 1024;

type Batches<T> = AsyncIterable<readonly T[]>;

/** Those of `found` that are in none of `spared`; all of them ascending. */
export async function* without<T extends { readonly seq: number }>(
  found: Batches<T>,
  spared: readonly Batches<{ readonly seq: number }>[],
): AsyncGenerator<T> {
  const cursors = spared.map((batches) => new Cursor(batches));
  try {
    for await (const batch of found)
      for (const item of batch) {
        let spare = false;
        for (const cursor of cursors) if (await cursor.has(item.seq)) spare = true;
        if (!spare) yield item;
      }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** Walks batches along with ascending questions. */
class Cursor {
  readonly #batches: AsyncIterator<readonly { readonly seq: number }[]>;
  #batch: readonly { readonly seq: number }[] = [];
  #next = 0;
  #ended = false;

  constructor(batches: Batches<{ readonly seq: number }>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  async has(seq: number): Promise<boolean> {
    while (!this.#ended) {
      const here = this.#batch[this.#next];
      if (here === undefined) await this.#read();
      else if (here.seq >= seq) return here.seq === seq;
      else this.#next++;
    }
    return false;
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#batches.next();
    this.#ended = done === true;
    this.#batch = done === true ? [] : value;
    this.#next = 0;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}

/** A range reaches over neighbours that have nothing to erase, but over no gap. */
export async function* erasureSteps(
  candidates: AsyncIterable<Candidate>,
  limits = { entries: STEP_ENTRIES, rangeBytes: STEP_RANGE_BYTES },
): AsyncGenerator<ErasureStep> {
  let ranges: [number, number][] = [];
  let entries = 0;
  let rangeBytes = 0;
  let last = -2;
  for await (const { seq, erases } of candidates) {
    const adjoins = seq === last + 1;
    last = seq;
    const open = ranges.at(-1);
    if (!erases) {
      // The run of neighbours goes on; the range is only made longer by something to erase.
      if (!adjoins) last = -2;
      continue;
    }
    if (adjoins && open !== undefined && entries < limits.entries) open[1] = seq;
    else {
      const bytes = 2 * String(seq).length + 8;
      if (entries >= limits.entries || rangeBytes + bytes > limits.rangeBytes) {
        if (entries > 0) yield { ranges, entries };
        ranges = [];
        entries = 0;
        rangeBytes = 0;
      }
      ranges.push([seq, seq]);
      rangeBytes += bytes;
    }
    entries++;
  }
  if (entries > 0) yield { ranges, entries };
}
