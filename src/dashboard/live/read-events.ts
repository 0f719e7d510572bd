/** Server-sent events of a fetched answer (WHATWG HTML, section 9.2.6), as far as swarmd sends them. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string;
}

const MAX_BUFFER_CHARACTERS = 16 * 1024 * 1024;

/** @throws when the connection breaks, or `silenceMs` pass without a byte */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { silenceMs }: { readonly silenceMs: number },
): AsyncGenerator<ServerEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let buffer = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    while (true) {
      timer = setTimeout(() => void reader.cancel(new Error('no ping came')), silenceMs);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      buffer += value;
      if (buffer.length > MAX_BUFFER_CHARACTERS) throw new Error('an event is too large');
      let end = buffer.indexOf('\n\n');
      while (end >= 0) {
        const event = parseEvent(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        if (event !== undefined) yield event;
        end = buffer.indexOf('\n\n');
      }
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(block: string): ServerEvent | undefined {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  return data.length === 0 ? undefined : { id, data: data.join('\n') };
}
