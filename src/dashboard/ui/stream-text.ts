import type { StreamEvent } from './stream-events.ts';

/** Longer ones are no piece of a text. */
const MAX_DATA_CHARACTERS = 100_000;

/**
 * What a model’s streamed answer says when its pieces are put together; empty when it is none.
 * Sources: the streaming references of OpenAI’s chat completions and responses, and of Anthropic’s
 * messages.
 */
export function streamText(events: readonly StreamEvent[]): string {
  return events.map(({ data }) => pieceOf(data)).join('');
}

function pieceOf(data: string): string {
  if (data.length > MAX_DATA_CHARACTERS || !data.startsWith('{')) return '';
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return '';
  }
  const delta = at(value, 'delta');
  const pieces = [at(value, 'choices', 0, 'delta', 'content'), at(delta, 'text'), delta];
  const piece = pieces.find((found) => typeof found === 'string');
  return typeof piece === 'string' ? piece : '';
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found: unknown = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name))
      return undefined;
    found = (found as Record<string | number, unknown>)[name];
  }
  return found;
}
