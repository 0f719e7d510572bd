import type { Readable } from 'node:stream';

/**
 * The lines of a stream as they come, in the groups they came in, without their newlines.
 * The stream is read no faster than the consumer takes them.
 * @throws Error when a line is longer than `maxLineBytes`: the sender is not to be trusted
 */
export async function* boundedLines(
  stream: Readable,
  options: { maxLineBytes: number },
): AsyncGenerator<string[], void> {
  let partial: Buffer[] = [];
  let partialBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end);
      if (partialBytes + piece.length > options.maxLineBytes) throw tooLong(options);
      lines.push(
        partialBytes === 0 ? piece.toString() : Buffer.concat([...partial, piece]).toString(),
      );
      partial = [];
      partialBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      // A copy, so that a short rest does not keep a whole network buffer alive.
      const rest = Buffer.from(chunk.subarray(start));
      partial.push(rest);
      partialBytes += rest.length;
      if (partialBytes > options.maxLineBytes) throw tooLong(options);
    }
    if (lines.length > 0) yield lines;
  }
}

function tooLong(options: { maxLineBytes: number }): Error {
  return new Error(`a line is longer than ${options.maxLineBytes} bytes`);
}
