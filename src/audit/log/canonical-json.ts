/** RFC 8785 canonical JSON: keys by UTF-16 code units, numbers and strings as ECMAScript writes them. */

/** How deep an attribute may nest. */
export const MAX_JSON_DEPTH = 64;

/**
 * A lone surrogate, which no UTF-8 can hold, becomes U+FFFD. Undefined members are left out.
 * @throws RangeError for numbers that are not finite, a name with a lone surrogate, other things that
 * are not JSON, or a value that nests deeper than MAX_JSON_DEPTH
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is no JSON number`);
    return JSON.stringify(value);
  }
  if (depth >= MAX_JSON_DEPTH) throw new RangeError(`nests deeper than ${MAX_JSON_DEPTH}`);
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item ?? null, depth + 1)).join(',')}]`;
  if (typeof value === 'object') return canonicalObject(value as Record<string, unknown>, depth);
  throw new RangeError(`a ${typeof value} is no JSON value`);
}

function canonicalObject(value: Record<string, unknown>, depth: number): string {
  let text = '';
  for (const key of Object.keys(value).sort()) {
    if (!key.isWellFormed()) throw new RangeError('a name has half of a surrogate pair');
    const member = value[key];
    if (member === undefined) continue;
    if (text !== '') text += ',';
    text += `${JSON.stringify(key)}:${canonicalJson(member, depth + 1)}`;
  }
  return `{${text}}`;
}

function quote(text: string): string {
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
}
