/** Both ends included. */
export type SeqRange = readonly [number, number];

/** A set of sequence numbers, as the ranges it is made of: few where neighbours go together. */
export class SeqRanges {
  /** Ascending, apart from each other. */
  #ranges: SeqRange[] = [];
  #added: SeqRange[] = [];

  add(ranges: readonly SeqRange[]): void {
    for (const range of ranges) this.#added.push(range);
  }

  has(seq: number): boolean {
    this.#settle();
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    const found = this.#ranges[low];
    return found !== undefined && found[0] <= seq;
  }

  #settle(): void {
    if (this.#added.length === 0) return;
    const all = this.#ranges.concat(this.#added).sort(([a], [b]) => a - b);
    const merged: [number, number][] = [];
    for (const [first, last] of all) {
      const before = merged.at(-1);
      if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
      else merged.push([first, last]);
    }
    this.#ranges = merged;
    this.#added = [];
  }
}
