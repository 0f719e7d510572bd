/** Logs of several machines as one. */
import type { LogRecordResource } from '../contracts/resources.ts';

export interface MostLines {
  readonly lines: number;
  readonly characters: number;
}

/** Sources that are each in order, as one in order of time; holds one line of each. */
export async function* mergeLogs(
  sources: readonly AsyncGenerator<LogRecordResource>[],
): AsyncGenerator<LogRecordResource> {
  const heads: { line: LogRecordResource; source: AsyncGenerator<LogRecordResource> }[] = [];
  const advance = async (source: AsyncGenerator<LogRecordResource>) => {
    const next = await source.next();
    if (next.done !== true) heads.push({ line: next.value, source });
  };
  try {
    for (const source of sources) await advance(source);
    for (;;) {
      let earliest = 0;
      for (let i = 1; i < heads.length; i++)
        if (isBefore(heads[i]?.line, heads[earliest]?.line)) earliest = i;
      const [head] = heads.splice(earliest, 1);
      if (head === undefined) return;
      yield head.line;
      await advance(head.source);
    }
  } finally {
    for (const source of sources) await source.return(undefined);
  }
}

function isBefore(a: LogRecordResource | undefined, b: LogRecordResource | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return comparableTime(a.time) < comparableTime(b.time);
}

/** RFC 3339 in UTC with any number of decimals, as text that sorts by time. */
function comparableTime(time: string): string {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

/** The last so many, and no more characters than that. */
export async function newestLines(
  source: AsyncIterable<LogRecordResource>,
  most: MostLines,
): Promise<LogRecordResource[]> {
  let kept: LogRecordResource[] = [];
  let characters = 0;
  const trim = () => {
    let first = kept.length;
    characters = 0;
    for (; first > Math.max(0, kept.length - most.lines); first--) {
      const more = kept[first - 1]?.text.length ?? 0;
      if (characters + more > most.characters) break;
      characters += more;
    }
    kept = kept.slice(first);
  };
  for await (const line of source) {
    kept.push(line);
    characters += line.text.length;
    if (kept.length > 2 * most.lines + 1_000 || characters > 2 * most.characters) trim();
  }
  trim();
  return kept;
}
