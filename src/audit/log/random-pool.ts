/** Random bytes in many small pieces: one call to the kernel fills hundreds of them. */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 64 * 1024;

export class RandomPool {
  #bytes = Buffer.allocUnsafe(0);
  #used = 0;

  /** Never the same bytes twice. */
  take(count: number): Buffer {
    if (this.#used + count > this.#bytes.length) {
      // A new buffer each time: pieces of the old one may still be in use.
      this.#bytes = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES));
      this.#used = 0;
    }
    this.#used += count;
    return this.#bytes.subarray(this.#used - count, this.#used);
  }
}

/** As base/ids.ts makes them: 10 characters of milliseconds, 10 of 50 random bits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export class EventIds {
  readonly #random: RandomPool;
  #timeMs = -1;
  #prefix = '';

  constructor(random: RandomPool) {
    this.#random = random;
  }

  next(nowMs: number): string {
    if (nowMs !== this.#timeMs) {
      let time = '';
      for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
        time = ALPHABET.charAt(rest % 32) + time;
      this.#timeMs = nowMs;
      this.#prefix = `evt_${time}`;
    }
    let id = this.#prefix;
    for (const byte of this.#random.take(10)) id += ALPHABET.charAt(byte % 32);
    return id;
  }
}
