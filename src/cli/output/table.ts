/** The length of a text as shown: without the escape codes of colours. */
export function shownLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes of colours
  return [...text.replace(/\u001b\[[0-9;]*m/g, '')].length;
}

/** The beginning of a text, at most so many characters as shown; colours are ended. */
export function cutText(text: string, length: number): string {
  if (shownLength(text) <= length) return text;
  let cut = '';
  let shown = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes of colours
  for (const [part] of text.matchAll(/\u001b\[[0-9;]*m|./gsu)) {
    if (!part.startsWith('\u001b')) shown++;
    if (shown > length) break;
    cut += part;
  }
  return cut.includes('\u001b') ? `${cut}\u001b[0m` : cut;
}

/** Cut to a terminal's width; anything else takes lines as long as they are. */
export function fitted(
  text: string,
  stream: { readonly isTTY?: boolean; readonly columns?: number },
): string {
  const width = stream.isTTY === true ? Math.max(40, stream.columns || 80) : undefined;
  if (width === undefined || shownLength(text) <= width) return text;
  return `${cutText(text, width - 1)}…`;
}

/** Columns under headers, two spaces apart, without trailing spaces; every row ends in a newline. */
export function tableText(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) =>
    Math.max(...all.map((row) => shownLength(row[column] ?? ''))),
  );
  return all
    .map((row) => {
      const cells = headers.map((_, column) => {
        const cell = row[column] ?? '';
        return cell + ' '.repeat((widths[column] ?? 0) - shownLength(cell));
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
