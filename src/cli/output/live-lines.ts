import type { OutputStream } from './output.ts';
import { cutText } from './table.ts';

/** A few lines at the bottom of a terminal that are drawn again and again. */
export interface LiveLines {
  /** Replaces the lines. */
  draw(lines: readonly string[]): void;
  /** Prints text that stays, above the lines; it ends with a newline. */
  print(text: string): void;
  /** Takes the lines away. */
  clear(): void;
}

export function createLiveLines(stream: OutputStream): LiveLines {
  let shown: readonly string[] = [];
  const erase = () => {
    if (shown.length > 0) stream.write(`\u001b[${shown.length}A\u001b[0J`);
  };
  const fit = (line: string) => cutText(line, Math.max(20, (stream.columns || 80) - 1));
  const write = () => stream.write(shown.map((line) => `${line}\n`).join(''));
  return {
    draw(lines) {
      erase();
      shown = lines.map(fit);
      write();
    },
    print(text) {
      erase();
      stream.write(text);
      write();
    },
    clear() {
      erase();
      shown = [];
    },
  };
}
