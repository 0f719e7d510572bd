/** Where a byte comes next in a chunk, asked at indexes that only grow: each byte is searched once. */
export class NextByte {
  readonly #bytes: Buffer;
  readonly #byte: number;
  #found = -1;

  constructor(bytes: Buffer, byte: number) {
    this.#bytes = bytes;
    this.#byte = byte;
  }

  /** @returns the chunk's length when there is none */
  from(index: number): number {
    if (this.#found < index) {
      const found = this.#bytes.indexOf(this.#byte, index);
      this.#found = found === -1 ? this.#bytes.length : found;
    }
    return this.#found;
  }
}
