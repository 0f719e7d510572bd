import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { PLACES } from './navigation.ts';

const CHORD_MS = 1_000;

/** Ctrl-K for the palette; `g` and a letter for a page; `/` for the page’s search. */
export function useShortcuts({ openPalette }: { readonly openPalette: () => void }): void {
  const navigate = useNavigate();
  useEffect(() => {
    let goUntilMs = 0;
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '/') {
        const search = document.querySelector<HTMLElement>('[data-page-search]');
        if (search === null) return;
        event.preventDefault();
        search.focus();
      } else if (event.key === 'g') goUntilMs = performance.now() + CHORD_MS;
      else if (performance.now() < goUntilMs) {
        goUntilMs = 0;
        const place = PLACES.find(({ key }) => key === event.key);
        if (place !== undefined) void navigate({ to: place.to });
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [navigate, openPalette]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select, .xterm *'))
  );
}
