import { readText } from './read-text.ts';

const MAX_LINE_CHARACTERS = 1024 * 1024;

/** Each line of an answer as JSON; empty lines are pings. @throws as readText does */
export async function* readJsonLines<T>(
  body: ReadableStream<Uint8Array>,
  options: { readonly silenceMs: number },
): AsyncGenerator<readonly T[]> {
  let rest = '';
  for await (const text of readText(body, options)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('A line of the stream is too long.');
    const items = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
    if (items.length > 0) yield items;
  }
}
