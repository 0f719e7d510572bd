import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useEvents } from './use-live.ts';

/** Sums follow the log by a moment, and many calls are one change. */
const WAIT_MS = 1_500;

/** Asks for sums of costs and for budgets anew when a call out has ended, while the page is there. */
export function useFreshCosts(): void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEvents((told) => {
    if (told === 'reset' || told.kind !== 'egress.call' || told.status === 'open') return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey: ['costs'] });
      void queries.invalidateQueries({ queryKey: ['budgets'] });
    }, WAIT_MS);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
}
