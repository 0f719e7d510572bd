/** A file read forwards through one buffer that grows to the longest part that is asked for. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const WINDOW_BYTES = 8 * 1024 * 1024;

export class FileWindow {
  readonly size: number;
  #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  readonly #descriptor: number;
  /** Of the file: where the buffer begins. */
  #start = 0;
  #length = 0;

  /** @throws Error when it cannot be read */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.size = fstatSync(this.#descriptor).size;
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(WINDOW_BYTES, this.size)));
  }

  /** @returns the bytes from there on: at least so many unless the file ends before. Valid until the next call. */
  at(offset: number, atLeast: number): Buffer {
    const end = Math.min(this.size, offset + atLeast);
    if (offset < this.#start || end > this.#start + this.#length) this.#fill(offset, end - offset);
    const from = offset - this.#start;
    return this.#buffer.subarray(Math.min(from, this.#length), this.#length);
  }

  /** A part as it is on disk now. */
  fresh(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#descriptor, bytes, 0, length, offset));
  }

  #fill(offset: number, needed: number): void {
    if (needed > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(needed);
    this.#start = offset;
    this.#length = 0;
    while (this.#length < this.#buffer.length) {
      const got = readSync(
        this.#descriptor,
        this.#buffer,
        this.#length,
        this.#buffer.length - this.#length,
        offset + this.#length,
      );
      if (got === 0) break;
      this.#length += got;
    }
    // What was appended meanwhile is for the next verification.
    this.#length = Math.max(0, Math.min(this.#length, this.size - offset));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
