const MAX_LINE_CHARACTERS = 1024 * 1024;

/**
 * Each line of an answer as JSON; empty lines are pings.
 * @throws when the connection breaks, or `silenceMs` pass without a byte
 */
export async function* readJsonLines<T>(
  body: ReadableStream<Uint8Array>,
  { silenceMs }: { readonly silenceMs: number },
): AsyncGenerator<readonly T[]> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silent = false;
  try {
    while (true) {
      timer = setTimeout(() => {
        silent = true;
        void reader.cancel().catch(() => undefined);
      }, silenceMs);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (silent) throw new Error('The stream fell silent.');
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) throw new Error('A line of the stream is too long.');
      const items = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
      if (items.length > 0) yield items;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
}
