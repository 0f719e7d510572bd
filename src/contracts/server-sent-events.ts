/** Server-sent events, read as the HTML standard says (section 9.2.6), with a bound on their size. */

export interface ServerSentEvent {
  /** The last id seen, as the standard keeps it; '' before the first. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** A longer event is a fault of the server, or not an event stream at all. */
const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024;

/** @throws Error when an event is longer than 4 Mi characters. */
export async function* parseServerSentEvents(
  body: AsyncIterable<Buffer>,
): AsyncGenerator<ServerSentEvent> {
  let id = '';
  let event = '';
  let data: string[] = [];
  let characters = 0;
  for await (const line of splitLines(body, MAX_EVENT_CHARACTERS)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      characters = 0;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue; // A comment: the server's ping.
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      data.push(value);
      characters += value.length + 1;
      if (characters > MAX_EVENT_CHARACTERS)
        throw new Error(`the server sent an event of more than ${MAX_EVENT_CHARACTERS} characters`);
    }
    if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

/** Lines ended by LF, CRLF or CR; what follows the last one is dropped: it was cut off. */
export async function* splitLines(
  body: AsyncIterable<Buffer>,
  maxCharacters: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be the first half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > maxCharacters)
      throw new Error(`the server sent a line of more than ${maxCharacters} characters`);
  }
}
