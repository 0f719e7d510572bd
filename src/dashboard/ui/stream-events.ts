/** Server-sent events of a stored body (WHATWG HTML, section 9.2.6). */
export interface StreamEvent {
  readonly number: number;
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
}

/** @param max of the first events; `more`: there are others behind them */
export function streamEvents(
  body: string,
  max: number,
): { readonly events: readonly StreamEvent[]; readonly more: boolean } {
  const events: StreamEvent[] = [];
  let name: string | undefined;
  let id: string | undefined;
  let data: string[] = [];
  for (let from = 0; from <= body.length; ) {
    const end = lineEnd(body, from);
    const line = body.slice(from, end);
    from = end + (body.startsWith('\r\n', end) ? 2 : 1);
    if (line === '') {
      if (data.length > 0) {
        if (events.length >= max) return { events, more: true };
        events.push({ number: events.length + 1, name, id, data: data.join('\n') });
      }
      [name, id, data] = [undefined, undefined, []];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
    else if (field === 'id') id = value;
  }
  // The last one was cut off, or its sender left out the empty line.
  if (data.length === 0) return { events, more: false };
  if (events.length >= max) return { events, more: true };
  return {
    events: [...events, { number: events.length + 1, name, id, data: data.join('\n') }],
    more: false,
  };
}

const LINE_END = /\r|\n/g;
function lineEnd(body: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.exec(body)?.index ?? body.length;
}
