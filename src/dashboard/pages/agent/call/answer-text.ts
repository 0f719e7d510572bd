/** The data of server-sent events, one after the other; of an event that is not whole yet too. */
export function eventData(text: string): string {
  const data: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/))
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  return data.join('\n');
}

/** JSON with its parts on lines of their own; undefined: it is none, or is too long to be read. */
export function prettyJson(text: string): string | undefined {
  if (text.length > MAX_PRETTY || !/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

const MAX_PRETTY = 2_000_000;
/** Where agents put what they say. */
const SAID = ['reply', 'answer', 'message', 'output', 'response', 'content', 'text', 'result'];

/** What an agent says in its answer, for a chat: the text in it, or all of it. */
export function saidIn(text: string): string {
  if (text.length > MAX_PRETTY) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : (textIn(value, 0) ?? JSON.stringify(value, null, 2));
  } catch {
    return text;
  }
}

function textIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || depth > 4) return undefined;
  if (Array.isArray(value)) return textIn(value.at(-1), depth + 1);
  for (const name of [...SAID, 'choices', 'messages']) {
    const found = Object.hasOwn(value, name)
      ? textIn((value as Record<string, unknown>)[name], depth + 1)
      : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
