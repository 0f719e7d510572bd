/**
 * The text of an answer as it comes.
 * @throws when the connection breaks, or `silenceMs` pass without a byte
 */
export async function* readText(
  body: ReadableStream<Uint8Array>,
  { silenceMs }: { readonly silenceMs: number },
): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
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
      yield value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
}
