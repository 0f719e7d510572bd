/** An export's files, from a folder or from a tar file, which is not unpacked. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK_BYTES = 512;
const CHUNK_BYTES = 4 * 1024 * 1024;
const MAX_FILES = 5_000_000;

interface Member {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** What keeps an export from being read at all: a finding. */
export class SourceProblem extends Error {}

export class ExportSource {
  readonly #members: ReadonlyMap<string, Member>;

  private constructor(members: ReadonlyMap<string, Member>) {
    this.#members = members;
  }

  /** @throws SourceProblem for a tar file that is none, or not whole */
  static open(target: string): ExportSource {
    return new ExportSource(statSync(target).isDirectory() ? listFolder(target) : listTar(target));
  }

  names(): string[] {
    return [...this.#members.keys()].sort();
  }

  size(name: string): number {
    return this.#members.get(name)?.size ?? 0;
  }

  /** @returns undefined when there is none, or it is longer than that */
  read(name: string, maxBytes: number): Buffer | undefined {
    if (!this.#members.has(name) || this.size(name) > maxBytes) return undefined;
    return Buffer.concat([...this.chunks(name)]);
  }

  /** Each chunk is valid until the next one. */
  *chunks(name: string): Generator<Buffer> {
    const member = this.#members.get(name);
    if (member === undefined) return;
    const descriptor = openSync(member.path, 'r');
    try {
      const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK_BYTES, member.size)));
      for (let at = 0; at < member.size; ) {
        const length = Math.min(buffer.length, member.size - at);
        const got = readSync(descriptor, buffer, 0, length, member.offset + at);
        if (got === 0) return;
        at += got;
        yield Buffer.from(buffer.subarray(0, got));
      }
    } finally {
      closeSync(descriptor);
    }
  }
}

function listFolder(folder: string): Map<string, Member> {
  const members = new Map<string, Member>();
  const walk = (below: string, depth: number) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      const path = join(folder, name);
      if (entry.isDirectory() && depth < 12) walk(name, depth + 1);
      else if (entry.isFile()) members.set(name, { path, offset: 0, size: statSync(path).size });
      else members.set(name, { path: '/dev/null', offset: 0, size: 0 });
    }
  };
  walk('', 0);
  return members;
}

function octal(header: Buffer, start: number, length: number): number {
  const text = header.toString('latin1', start, start + length);
  return /^[0-7]+[\0 ]*$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function textField(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end);
}

/** POSIX ustar: headers of 512 bytes, contents padded to 512, two blocks of zeros at the end. */
function listTar(path: string): Map<string, Member> {
  const total = statSync(path).size;
  const members = new Map<string, Member>();
  const header = Buffer.alloc(BLOCK_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    for (let at = 0; members.size <= MAX_FILES; ) {
      if (readSync(descriptor, header, 0, BLOCK_BYTES, at) < BLOCK_BYTES)
        throw new SourceProblem('the tar file ends before its end');
      if (header.every((byte) => byte === 0)) {
        checkEnd(descriptor, at, total);
        return members;
      }
      const member = memberOf(header, { path, at });
      const end = member.offset + Math.ceil(member.size / BLOCK_BYTES) * BLOCK_BYTES;
      if (end > total) throw new SourceProblem(`${member.name} is cut off`);
      checkPadding(descriptor, member.offset + member.size, end);
      if (members.has(member.name)) throw new SourceProblem(`${member.name} is there twice`);
      members.set(member.name, member);
      at = end;
    }
    throw new SourceProblem('the tar file has too many files');
  } finally {
    closeSync(descriptor);
  }
}

function memberOf(
  header: Buffer,
  where: { readonly path: string; readonly at: number },
): Member & { readonly name: string } {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (octal(header, 148, 8) !== sum || textField(header, 257, 6) !== 'ustar')
    throw new SourceProblem(`there is no header of a tar file at byte ${where.at}`);
  const prefix = textField(header, 345, 155);
  const name = `${prefix === '' ? '' : `${prefix}/`}${textField(header, 0, 100)}`;
  const size = octal(header, 124, 12);
  if (header[156] !== 0x30 || !Number.isSafeInteger(size))
    throw new SourceProblem(`${name} is no ordinary file`);
  return { name, path: where.path, offset: where.at + BLOCK_BYTES, size };
}

function checkPadding(descriptor: number, from: number, to: number): void {
  if (from === to) return;
  const padding = Buffer.alloc(to - from);
  readSync(descriptor, padding, 0, padding.length, from);
  if (padding.some((byte) => byte !== 0))
    throw new SourceProblem(`there are bytes between files, at byte ${from}`);
}

function checkEnd(descriptor: number, at: number, total: number): void {
  const rest = total - at;
  if (rest < 2 * BLOCK_BYTES) throw new SourceProblem('the tar file ends before its end');
  // Some programs pad a tar file to 10 KiB.
  if (rest > 64 * 1024) throw new SourceProblem(`something follows the end, at byte ${at}`);
  const bytes = Buffer.alloc(rest);
  readSync(descriptor, bytes, 0, rest, at);
  if (bytes.some((byte) => byte !== 0))
    throw new SourceProblem(`something follows the end, at byte ${at}`);
}
