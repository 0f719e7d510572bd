import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { RunResource } from '../../../contracts/event-query.ts';
import { runQuery } from '../../api/events.ts';
import { useEvents, useLiveTerms } from '../../live/use-live.ts';
import { useRetryWhenLive } from '../../live/use-retry-when-live.ts';

const SOON_MS = 300;
/** A run of thousands of steps is not asked for again all the time. */
const PAUSE_MS = 1_000;
const PAUSE_LARGE_MS = 4_000;
const LARGE_EVENTS = 2_000;

/** A run, asked for again when something of it began or ended. */
export function useRun(id: string): {
  readonly run: RunResource | undefined;
  readonly error: unknown;
  readonly retry: () => void;
} {
  const queries = useQueryClient();
  const { data, dataUpdatedAt, error, refetch } = useQuery(runQuery(id));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLiveTerms({ run: id });
  useRetryWhenLive(error, () => void refetch());
  useEvents((told) => {
    if (told === 'reset' || told.run !== id) return;
    const pauseMs = (data?.events ?? 0) > LARGE_EVENTS ? PAUSE_LARGE_MS : PAUSE_MS;
    const waitMs = Math.max(SOON_MS, dataUpdatedAt + pauseMs - Date.now());
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey: runQuery(id).queryKey });
    }, waitMs);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return { run: data, error, retry: () => void refetch() };
}
