/** Of an environment’s value: text, or the name of a secret that stands there. */
export type ValuePart = { readonly text: string } | { readonly secret: string };

const REFERENCE = /\$(\$?)\{SECRET_([A-Z][A-Z0-9_]{0,63})\}/g;

/** `Bearer ${SECRET_KEY}` in its parts; `$${SECRET_KEY}` is no secret but text. */
export function secretParts(value: string): ValuePart[] {
  const parts: ValuePart[] = [];
  let from = 0;
  for (const match of value.matchAll(REFERENCE)) {
    const [whole, escaped, name = ''] = match;
    const text = value.slice(from, match.index) + (escaped === '' ? '' : whole.slice(1));
    if (text !== '') parts.push({ text });
    if (escaped === '') parts.push({ secret: name });
    from = match.index + whole.length;
  }
  if (from < value.length) parts.push({ text: value.slice(from) });
  return parts;
}
