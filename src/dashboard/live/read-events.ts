import { readText } from '../api/read-text.ts';

/** Server-sent events of a fetched answer (WHATWG HTML, section 9.2.6), as far as swarmd sends them. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string;
}

const MAX_BUFFER_CHARACTERS = 16 * 1024 * 1024;

/** @throws as readText does */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  options: { readonly silenceMs: number },
): AsyncGenerator<ServerEvent> {
  let buffer = '';
  for await (const text of readText(body, options)) {
    buffer += text;
    if (buffer.length > MAX_BUFFER_CHARACTERS) throw new Error('an event is too large');
    let end = buffer.indexOf('\n\n');
    while (end >= 0) {
      const event = parseEvent(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event !== undefined) yield event;
      end = buffer.indexOf('\n\n');
    }
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
