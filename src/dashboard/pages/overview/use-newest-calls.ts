import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { EventResource } from '../../../contracts/event.ts';
import { newestCallsQuery } from '../../api/overview.ts';
import { useEvents, useLive } from '../../live/use-live.ts';
import { newestCalls } from './newest-calls-list.ts';

/** Many events at once are one change of the page. */
const FLUSH_MS = 200;

interface NewestCalls {
  readonly calls: readonly EventResource[] | undefined;
  readonly error: unknown;
  readonly retry: () => void;
}

/** The newest calls into agents: listed once, then as the stream tells of them. */
export function useNewestCalls(max: number): NewestCalls {
  const { link } = useLive();
  const [told, setTold] = useState<readonly EventResource[]>([]);
  const waiting = useRef<EventResource[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { data, error, refetch } = useQuery({
    ...newestCallsQuery(max),
    // Behind the figures, and behind the begin of the stream: nothing falls between the two.
    enabled: link.state !== 'connecting',
  });
  const isLive = link.state === 'live';
  useEffect(() => {
    if (isLive) void refetch({ cancelRefetch: false });
  }, [isLive, refetch]);
  useEvents((event) => {
    if (event === 'reset') void refetch();
    else if (event.kind === 'gateway.call') {
      waiting.current.push(event);
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        const arrived = waiting.current;
        waiting.current = [];
        setTold((before) => newestCalls(before, arrived, max));
      }, FLUSH_MS);
    }
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    calls: data === undefined ? undefined : newestCalls(data.items, told, max),
    error: data === undefined ? error : null,
    retry: () => void refetch(),
  };
}
