/** Which text of an entry can be searched for. */
import type { AuditEntry, StoredBody, StoredPayload } from '../../contracts/event.ts';
import { foldText, withoutJsonEscapes } from './fold-text.ts';

/** Of each body and of all attributes together: the rest is kept in the log, but not found. */
const MAX_PIECE_CHARS = 8192;

/** Folded pieces; a phrase is found inside one piece. */
export function entryText(
  entry: AuditEntry,
  payload: StoredPayload | null | undefined,
): readonly string[] {
  const pieces: string[] = [entry.kind, entry.actor.name];
  if (entry.agent !== undefined) pieces.push(entry.agent);
  if (entry.tool !== undefined) pieces.push(entry.tool);
  if (entry.provider !== undefined) pieces.push(entry.provider);
  if (entry.model !== undefined) pieces.push(entry.model);
  if (entry.error !== undefined) pieces.push(entry.error.code, entry.error.message);
  if (entry.attributes !== undefined) addValues(entry.attributes, pieces);
  if (payload?.request !== undefined) addBody(payload.request, pieces);
  if (payload?.response !== undefined) addBody(payload.response, pieces);
  for (let i = 0; i < pieces.length; i++) pieces[i] = foldText(pieces[i] ?? '');
  return pieces;
}

function addBody(body: StoredBody, pieces: string[]): void {
  if (body.encoding !== 'utf8') return;
  const text = body.body.slice(0, MAX_PIECE_CHARS);
  pieces.push(body.contentType?.includes('json') === true ? withoutJsonEscapes(text) : text);
}

/** The values, not the names: every event of a kind has the same names. */
function addValues(attributes: Readonly<Record<string, unknown>>, pieces: string[]): void {
  let left = MAX_PIECE_CHARS;
  const waiting: unknown[] = Object.values(attributes).reverse();
  while (waiting.length > 0 && left > 0) {
    const value = waiting.pop();
    if (typeof value === 'string' || typeof value === 'number') {
      const text = String(value).slice(0, left);
      left -= text.length;
      pieces.push(text);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value).reverse()) waiting.push(inner);
    }
  }
}
