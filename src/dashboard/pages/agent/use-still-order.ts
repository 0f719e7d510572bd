import { type RefObject, useEffect, useRef } from 'react';
import { stillOrder } from './still-order.ts';

/** As given, but nothing changes places while the focus is among them: moved, it would be lost. */
export function useStillOrder<T extends { readonly id: string }>(
  items: readonly T[],
  list: RefObject<HTMLElement | null>,
): readonly T[] {
  const before = useRef<readonly string[]>([]);
  const holdsFocus = list.current?.contains(document.activeElement) === true;
  const shown = holdsFocus ? stillOrder(items, before.current) : items;
  useEffect(() => {
    before.current = shown.map(({ id }) => id);
  });
  return shown;
}
