/**
 * Bloom filter over ids (B. H. Bloom, 1970; double hashing after Kirsch and Mitzenmacher, 2006):
 * 12 bits an id and 8 tests, so about 3 in 1,000 ids that are not in it seem to be.
 */
const BITS_PER_ID = 12;
const TESTS = 8;

export class IdFilter {
  readonly bits: Uint8Array;

  private constructor(bits: Uint8Array) {
    this.bits = bits;
  }

  static forIds(count: number): IdFilter {
    return new IdFilter(new Uint8Array(Math.max(8, Math.ceil((count * BITS_PER_ID) / 8))));
  }

  static ofBits(bits: Uint8Array): IdFilter {
    return new IdFilter(bits);
  }

  /** @param hashes pairs of 32 bits: high, low */
  addAll(hashes: Uint32Array): void {
    for (let i = 0; i + 1 < hashes.length; i += 2) this.#add(hashes[i] ?? 0, hashes[i + 1] ?? 0);
  }

  mayHave(high: number, low: number): boolean {
    const size = this.bits.length * 8;
    for (let test = 0, at = high; test < TESTS; test++, at += (low | 1) >>> 0) {
      const bit = at % size;
      if (((this.bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  #add(high: number, low: number): void {
    const size = this.bits.length * 8;
    for (let test = 0, at = high; test < TESTS; test++, at += (low | 1) >>> 0) {
      const bit = at % size;
      this.bits[bit >>> 3] = (this.bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }
}

/** As they lie in `id_batches`. */
export function hashesOf(blob: Uint8Array): Uint32Array {
  // A copy: the blob may not lie at a multiple of four bytes.
  const bytes = new Uint8Array(blob.byteLength - (blob.byteLength % 8));
  bytes.set(blob.subarray(0, bytes.length));
  return new Uint32Array(bytes.buffer);
}
