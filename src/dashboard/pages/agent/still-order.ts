/** As they stood before, as far as they were there; what is new follows, in its own order. */
export function stillOrder<T extends { readonly id: string }>(
  items: readonly T[],
  before: readonly string[],
): readonly T[] {
  const places = new Map(before.map((id, place) => [id, place]));
  const place = ({ id }: T) => places.get(id) ?? before.length;
  return items.toSorted((a, b) => place(a) - place(b));
}
