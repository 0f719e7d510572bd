import type { OutputStream } from '../output/output.ts';
import { printableLines } from '../output/text.ts';

/**
 * How an agent's answer is written, piece by piece: as it is to a file or a program, and to a
 * terminal as text that cannot drive it.
 */
export function shownAnswer(
  stream: Pick<OutputStream, 'isTTY'>,
): (piece: Buffer) => Buffer | string {
  if (stream.isTTY !== true) return (piece) => piece;
  const decoder = new TextDecoder();
  return (piece) => printableLines(decoder.decode(piece, { stream: true }));
}
