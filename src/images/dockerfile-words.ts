/** Text that means itself in a Dockerfile instruction, whatever it contains. */

/** `["a","b"]`, the exec form. Dockerfiles read it as JSON. */
export function execForm(words: readonly string[]): string {
  return JSON.stringify(words);
}

/** `NAME="value"` for ENV, with what would end the string or name a variable escaped. */
export function envInstruction(name: string, value: string): string {
  const escaped = value.replaceAll(/[\\"$]/g, '\\$&').replaceAll(/[\r\n]+/g, ' ');
  return `ENV ${name}="${escaped}"`;
}

/**
 * The words of a command line that needs no shell, or undefined when it does: quotes, variables,
 * operators, globs, an assignment in front.
 */
export function plainWords(line: string): string[] | undefined {
  const words = line.trim().split(/\s+/);
  const plain = words.every((word) => /^[\w./:=@,+%-]+$/.test(word));
  return plain && !/^\w+=/.test(words[0] ?? '=') ? words : undefined;
}

/** The exec form of a command line: by itself where it can, else by a shell. */
export function commandOf(line: string): string[] {
  return plainWords(line) ?? ['/bin/sh', '-c', line];
}
