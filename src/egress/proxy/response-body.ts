import type { Transform } from 'node:stream';
import type { ResponseTap, TapEnd } from '../metering/metering.ts';
import type { Scrubber } from './scrubber.ts';

export interface ResponseBodyOptions {
  /** In the order in which they are to be used. */
  readonly decoders: readonly Transform[];
  readonly tap: ResponseTap | undefined;
  readonly scrubber: Scrubber | undefined;
  /** @returns false: no more until `resume` */
  readonly write: (chunk: Buffer) => boolean;
  /** All of it was written. */
  readonly ended: (tap: TapEnd | undefined) => void;
  readonly failed: (error: Error) => void;
  /** After `push` said false: there is room again. */
  readonly drained: () => void;
}

/** The way of an answer's bytes: decoded, metered, scrubbed, written; in chunks as they come. */
export class ResponseBody {
  readonly #options: ResponseBodyOptions;
  readonly #last: Transform | undefined;
  #tapEnd: TapEnd | undefined;
  #tapped = false;

  constructor(options: ResponseBodyOptions) {
    this.#options = options;
    const { decoders } = options;
    for (const [i, decoder] of decoders.entries()) {
      const next = decoders[i + 1];
      if (next !== undefined) decoder.pipe(next);
      decoder.on('error', (error) => options.failed(error));
    }
    this.#last = decoders.at(-1);
    this.#last?.on('data', (chunk: Buffer) => {
      if (!this.#pass(chunk)) this.#last?.pause();
    });
    this.#last?.on('end', () => this.#finish());
    decoders[0]?.on('drain', () => options.drained());
  }

  /** @returns false: wait for `drained`, or for whoever said false to `write` */
  push(chunk: Buffer): boolean {
    const [first] = this.#options.decoders;
    return first === undefined ? this.#pass(chunk) : first.write(chunk);
  }

  /** What `write` goes to has room again. */
  resume(): void {
    if (this.#last === undefined) this.#options.drained();
    else this.#last.resume();
  }

  end(): void {
    const [first] = this.#options.decoders;
    if (first === undefined) this.#finish();
    else first.end();
  }

  /** Nothing more is wanted: frees what is held. @returns what the tap knows until here */
  destroy(): TapEnd | undefined {
    for (const decoder of this.#options.decoders) decoder.destroy();
    return this.#endTap();
  }

  #pass(chunk: Buffer): boolean {
    const { tap, scrubber, write } = this.#options;
    const seen = tap === undefined ? chunk : tap.chunk(chunk);
    if (seen === undefined || seen.length === 0) return true;
    const clean = scrubber === undefined ? seen : scrubber.push(seen);
    return clean.length === 0 || write(clean);
  }

  #finish(): void {
    const { scrubber, write, ended } = this.#options;
    const end = this.#endTap();
    if (end?.rest !== undefined && end.rest.length > 0) {
      const clean = scrubber === undefined ? end.rest : scrubber.push(end.rest);
      if (clean.length > 0) write(clean);
    }
    const held = scrubber?.end();
    if (held !== undefined && held.length > 0) write(held);
    ended(end);
  }

  #endTap(): TapEnd | undefined {
    if (!this.#tapped) this.#tapEnd = this.#options.tap?.end();
    this.#tapped = true;
    return this.#tapEnd;
  }
}
