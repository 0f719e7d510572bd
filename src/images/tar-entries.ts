/**
 * Reads a tar stream entry by entry: ustar, GNU long names and pax headers. Nothing is written
 * anywhere, and nothing in it is trusted: whoever uses the entries decides about their paths.
 */

export type TarEntryType = 'file' | 'folder' | 'symlink' | 'hardlink' | 'other';

export interface TarEntry {
  readonly type: TarEntryType;
  readonly path: string;
  readonly linkTarget: string;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: number;
  /** The content; what is not read of it is skipped. */
  content(): AsyncGenerator<Buffer>;
}

export class TarFormatError extends Error {}

const BLOCK = 512;
const MAX_HEADER_TEXT = 1024 * 1024;
const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
};

/** @throws TarFormatError for what is no tar stream or ends too early. */
export async function* tarEntries(stream: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new BlockReader(stream);
  try {
    yield* entriesOf(source);
  } finally {
    await source.close();
  }
}

async function* entriesOf(source: BlockReader): AsyncGenerator<TarEntry> {
  let overrides: Record<string, string> = {};
  for (;;) {
    const header = await source.read(BLOCK);
    if (header === undefined) throw new TarFormatError('it ends too early');
    if (header.every((byte) => byte === 0)) return;
    checkSum(header);
    const bytes = overrides.size === undefined ? octal(header, 124, 12) : Number(overrides.size);
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new TarFormatError('a size is not valid');
    const flag = header.toString('latin1', 156, 157);
    if ('xLKg'.includes(flag)) {
      const text = await source.text(bytes);
      if (flag === 'x') overrides = { ...overrides, ...paxRecords(text) };
      else if (flag === 'L') overrides.path = cString(text);
      else if (flag === 'K') overrides.linkpath = cString(text);
      continue;
    }
    source.begin(bytes);
    yield {
      type: TYPES[flag] ?? 'other',
      path: overrides.path ?? headerPath(header),
      linkTarget: overrides.linkpath ?? text(header, 157, 100),
      mode: octal(header, 100, 8) & 0o7777,
      bytes,
      content: () => source.content(),
    };
    await source.skip();
    overrides = {};
  }
}

class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffered: Buffer = Buffer.alloc(0);
  #contentLeft = 0;
  #padding = 0;

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Lets go of the stream, so that a file behind it is closed although its end was not reached. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#buffered =
      this.#buffered.length === 0 ? next.value : Buffer.concat([this.#buffered, next.value]);
    return true;
  }

  async read(bytes: number): Promise<Buffer | undefined> {
    while (this.#buffered.length < bytes) if (!(await this.#more())) return undefined;
    const taken = this.#buffered.subarray(0, bytes);
    this.#buffered = this.#buffered.subarray(bytes);
    return taken;
  }

  async text(bytes: number): Promise<string> {
    if (bytes > MAX_HEADER_TEXT) throw new TarFormatError('a header is too large');
    const padded = await this.read(Math.ceil(bytes / BLOCK) * BLOCK);
    if (padded === undefined) throw new TarFormatError('it ends too early');
    return padded.toString('utf8', 0, bytes);
  }

  begin(bytes: number): void {
    this.#contentLeft = bytes;
    this.#padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
  }

  async *content(): AsyncGenerator<Buffer> {
    while (this.#contentLeft > 0) {
      if (this.#buffered.length === 0 && !(await this.#more()))
        throw new TarFormatError('it ends too early');
      const taken = this.#buffered.subarray(0, this.#contentLeft);
      this.#buffered = this.#buffered.subarray(taken.length);
      this.#contentLeft -= taken.length;
      yield taken;
    }
  }

  async skip(): Promise<void> {
    for await (const _ of this.content());
    const padding = await this.read(this.#padding);
    if (padding === undefined) throw new TarFormatError('it ends too early');
  }
}

function text(header: Buffer, start: number, length: number): string {
  return cString(header.toString('utf8', start, start + length));
}

function cString(value: string): string {
  const end = value.indexOf('\0');
  return end === -1 ? value : value.slice(0, end);
}

function headerPath(header: Buffer): string {
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? text(header, 345, 155) : '';
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

/** Octal digits, or a binary number where the first bit is set, as GNU tar writes large sizes. */
function octal(header: Buffer, start: number, length: number): number {
  if (((header[start] ?? 0) & 0x80) !== 0) {
    const digits = Buffer.from(header.subarray(start, start + length));
    digits[0] = (digits[0] ?? 0) & 0x7f;
    return Number(BigInt(`0x${digits.toString('hex')}`));
  }
  const digits = text(header, start, length).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  if (sum !== octal(header, 148, 8)) throw new TarFormatError('a header is damaged');
}

/** `LENGTH key=value\n` records; lengths count UTF-8 bytes. */
function paxRecords(text: string): Record<string, string> {
  const records: Record<string, string> = {};
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    const length = Number.parseInt(rest.toString('latin1', 0, 20), 10);
    if (!(length > 0) || length > rest.length) throw new TarFormatError('a pax header is damaged');
    const match = /^\d+ ([^=]+)=([\s\S]*)\n$/.exec(rest.toString('utf8', 0, length));
    if (match?.[1] !== undefined) records[match[1]] = match[2] ?? '';
    rest = rest.subarray(length);
  }
  return records;
}
