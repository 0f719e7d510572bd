/** Cuts the joined events file of an export into its rows, which come in chunks. */

/** A row has an entry of 64 KiB and a payload of 32 MiB at most, escaped. */
const MAX_ROW_BYTES = 256 * 1024 * 1024;

export class RecordProblem extends Error {}

const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** @yields each row with its line's end; the last may be without one */
export function* records(
  chunks: Iterable<Buffer>,
  options: { readonly isCsv: boolean },
): Generator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let isQuoted = false;
  for (const chunk of chunks) {
    let start = 0;
    for (let from = 0; ; ) {
      const end = chunk.indexOf(NEWLINE, from);
      const stop = end < 0 ? chunk.length : end + 1;
      if (options.isCsv) isQuoted = quotedAfter(chunk, { from, to: stop, isQuoted });
      from = stop;
      if (end < 0) break;
      if (isQuoted) continue;
      yield Buffer.concat([...pending, chunk.subarray(start, stop)]);
      pending = [];
      pendingBytes = 0;
      start = stop;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > MAX_ROW_BYTES) throw new RecordProblem('a row is longer than rows can be');
  }
  if (pendingBytes > 0) yield Buffer.concat(pending);
}

function quotedAfter(
  chunk: Buffer,
  part: { readonly from: number; readonly to: number; readonly isQuoted: boolean },
): boolean {
  let isQuoted = part.isQuoted;
  for (let at = chunk.indexOf(QUOTE, part.from); at >= 0 && at < part.to; ) {
    isQuoted = !isQuoted;
    at = chunk.indexOf(QUOTE, at + 1);
  }
  return isQuoted;
}
