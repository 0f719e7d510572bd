/** Takes values out of the WebSocket frames of a server: RFC 6455, 5.2, without extensions. */
import { Scrubber } from './scrubber.ts';
import type { ValueMatcher } from './value-matcher.ts';

const FIN = 0x80;
const CONTROL = 0x8;
const CONTINUATION = 0x0;
const MAX_CONTROL = 125;
const NOTHING = Buffer.alloc(0);

/** Frames of a message are sent on as they come, cut anew: a value may lie across them. */
export class FrameScrubber {
  count = 0;
  readonly #matcher: ValueMatcher;
  #scrubber: Scrubber;
  #bytes: Buffer = NOTHING;
  /** Of the frame whose payload is being read; undefined: a head comes next. */
  #frame: { readonly opcode: number; readonly fin: boolean; left: number } | undefined;
  /** What the next frame of the message is sent as. */
  #opcode: number | undefined;

  constructor(matcher: ValueMatcher) {
    this.#matcher = matcher;
    this.#scrubber = new Scrubber(matcher);
  }

  /** @returns undefined: these are no frames of a server that uses no extension */
  push(chunk: Buffer): Buffer | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const out: Buffer[] = [];
    for (;;) {
      if (this.#frame === undefined) {
        const read = this.#head();
        if (read === 'bad') return undefined;
        if (read === 'more') break;
      }
      const step = this.#payload();
      if (step === undefined) break;
      out.push(...step);
    }
    return Buffer.concat(out);
  }

  #head(): 'bad' | 'more' | 'read' {
    const bytes = this.#bytes;
    if (bytes.length < 2) return 'more';
    const [first = 0, second = 0] = bytes;
    const opcode = first & 0x0f;
    const fin = (first & FIN) !== 0;
    // Reserved bits belong to extensions, and a server does not mask.
    if ((first & 0x70) !== 0 || (second & 0x80) !== 0) return 'bad';
    const short = second & 0x7f;
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (bytes.length < 2 + size) return 'more';
    const left =
      size === 0 ? short : size === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (!Number.isSafeInteger(left)) return 'bad';
    if (opcode >= CONTROL && (!fin || left > MAX_CONTROL)) return 'bad';
    if (opcode === CONTINUATION && this.#opcode === undefined) return 'bad';
    if (opcode > 2 && opcode < CONTROL) return 'bad';
    if (opcode === 1 || opcode === 2) {
      if (this.#opcode !== undefined) return 'bad';
      this.#opcode = opcode;
      this.#scrubber = new Scrubber(this.#matcher);
    }
    this.#frame = { opcode, fin, left };
    this.#bytes = bytes.subarray(2 + size);
    return 'read';
  }

  /** undefined: more bytes are needed. */
  #payload(): Buffer[] | undefined {
    const frame = this.#frame;
    if (frame === undefined) return undefined;
    if (frame.opcode >= CONTROL) return this.#control(frame);
    if (this.#bytes.length === 0 && frame.left > 0) return undefined;
    const part = this.#bytes.subarray(0, frame.left);
    this.#bytes = this.#bytes.subarray(part.length);
    frame.left -= part.length;
    const whole = frame.left === 0;
    const before = this.#scrubber.count;
    let clean = this.#scrubber.push(part);
    const fin = whole && frame.fin;
    if (fin) clean = Buffer.concat([clean, this.#scrubber.end()]);
    this.count += this.#scrubber.count - before;
    if (whole) this.#frame = undefined;
    if (clean.length === 0 && !fin) return [];
    const opcode = this.#opcode ?? CONTINUATION;
    this.#opcode = fin ? undefined : CONTINUATION;
    return frameOf({ opcode, fin, payload: clean });
  }

  #control(frame: { readonly opcode: number; readonly left: number }): Buffer[] | undefined {
    if (this.#bytes.length < frame.left) return undefined;
    const payload = this.#bytes.subarray(0, frame.left);
    this.#bytes = this.#bytes.subarray(frame.left);
    this.#frame = undefined;
    const scrubber = new Scrubber(this.#matcher);
    const clean = Buffer.concat([scrubber.push(payload), scrubber.end()]);
    this.count += scrubber.count;
    return frameOf({ opcode: frame.opcode, fin: true, payload: clean.subarray(0, MAX_CONTROL) });
  }
}

function frameOf(by: {
  readonly opcode: number;
  readonly fin: boolean;
  readonly payload: Buffer;
}): Buffer[] {
  const { opcode, fin, payload } = by;
  const { length } = payload;
  const first = (fin ? FIN : 0) | opcode;
  if (length < 126) return [Buffer.from([first, length]), payload];
  if (length < 65_536) {
    const head = Buffer.from([first, 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return [head, payload];
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return [head, payload];
}
