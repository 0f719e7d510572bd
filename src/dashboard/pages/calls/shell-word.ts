/** A word as a shell takes it, however it was written: nothing in it is run, shown or hidden. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const plain = !/[^\P{C}]|[\p{Zl}\p{Zp}]/u.test(word);
  if (plain) return `'${word.replace(/'/g, `'\\''`)}'`;
  // ANSI-C quoting, so that what cannot be seen is seen in the command too.
  const shown = [...word].map((letter) => {
    const code = letter.codePointAt(0) ?? 0;
    if (letter === "'" || letter === '\\') return `\\${letter}`;
    if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(letter)) return letter;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `$'${shown.join('')}'`;
}
