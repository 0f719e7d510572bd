/** A text in parts of at most so many characters, never between the halves of one. */
export function splitPieces(texts: readonly string[], max: number): string[] {
  const pieces: string[] = [];
  for (const text of texts)
    for (let at = 0; at < text.length; ) {
      let end = Math.min(text.length, at + max);
      const code = text.charCodeAt(end - 1);
      if (end < text.length && end - at > 1 && code >= 0xd800 && code <= 0xdbff) end--;
      pieces.push(text.slice(at, end));
      at = end;
    }
  return pieces;
}
